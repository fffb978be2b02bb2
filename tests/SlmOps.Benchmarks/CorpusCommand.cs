using SlmOps.Quantizer.Tests.Corpus;

namespace SlmOps.Benchmarks;

/// <summary>Every recipe on a given number of seeded awkward graphs.</summary>
internal static class CorpusCommand
{
    internal static int Run(string[] arguments)
    {
        var options = new Arguments(arguments);
        var (first, count) = (options.Number("first", 0), options.Number("count", 300));
        if (options.Has("save"))
        {
            var model = new AwkwardModel(first);
            Console.WriteLine(model.Builder.Save(options.Text("save", "."), model.Files));
            return 0;
        }

        var failures = 0;
        foreach (var recipe in CorpusRun.Recipes.Where(r => r.Name.StartsWith(options.Text("recipe", ""), StringComparison.Ordinal)))
        {
            var failed = 0;
            for (var seed = first; seed < first + count; seed++)
            {
                if (CorpusRun.Check(seed, recipe) is { } failure)
                {
                    failed++;
                    Console.WriteLine(failure);
                }
            }

            failures += failed;
            Console.WriteLine($"{recipe.Name}: {count} graphs, {failed} failures");
        }

        return failures == 0 ? 0 : 1;
    }
}
