using System.Text.Json;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Tests.Runs;

public sealed class VariantRequestTests
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    [Fact]
    public void Json_Variant_ComesBack()
    {
        VariantRequest[] variants =
        [
            new("fp32", null),
            new(
                "small",
                new()
                {
                    Recipe = "int4",
                    BlockSize = 64,
                    Search = false,
                    TwoOfFour = true,
                    Symmetric = false,
                }
            ),
        ];

        var back = JsonSerializer.Deserialize<VariantRequest[]>(JsonSerializer.Serialize(variants, Web), Web)!;

        Assert.Equal(variants, back);
    }

    [Fact]
    public void Json_NamesAndBudgets_ComeBack()
    {
        var variant = new VariantRequest("v", new() { Recipe = "auto", SizeBudget = 1L << 40, Include = ["a*"], KeepFloat = ["b", "c"] });

        var back = JsonSerializer.Deserialize<VariantRequest>(JsonSerializer.Serialize(variant, Web), Web)!.Options!;

        Assert.Equal((1L << 40, "a*", "b c"), (back.SizeBudget, Assert.Single(back.Include), string.Join(' ', back.KeepFloat)));
    }

    // A row as version 0.1 wrote it.
    [Fact]
    public void Json_OlderRow_IsRead()
    {
        const string row = """
            {"name":"int4","recipe":"int4","blockSize":32,"symmetric":null,"embeddings":true,"include":[],"exclude":["*x*"],"keepFloat":[],
            "sizeBudget":null,"errorBudget":null,"sparsity":null,"twoOfFour":false,"reduceRange":false,"signedWeights":false,"promote":[]}
            """;

        var options = JsonSerializer.Deserialize<VariantRequest>(row, Web)!.Options!;

        Assert.Equal(
            (32, null, true, "*x*", null),
            (options.BlockSize, options.Symmetric, options.Embeddings, Assert.Single(options.Exclude), options.Promote));
    }
}
