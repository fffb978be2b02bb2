using SlmOps.Contracts;
using SlmOps.Packaging.Compositions;
using SlmOps.Pipeline.Intake;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Tests.Intake;

public sealed class SampleTests
{
    private static readonly string Samples = Path.Combine(RepositoryRoot.Path, "infra", "samples");

    [Fact]
    public void Sample_Adaptation_IsRightAndFitsTheSampleModel()
    {
        var folder = Path.Combine(Samples, "pydocs-lab");
        StoredFile[] files =
        [
            .. Directory
                .GetFiles(folder)
                .Select(path => new StoredFile(Path.GetFileName(path), Digest.Of(File.ReadAllBytes(path)), new FileInfo(path).Length)),
        ];

        var (request, requestProblems) = AdaptReader.Read(
            File.ReadAllBytes(Path.Combine(folder, "slmops.json")),
            "slmops.json",
            new("pydocs-lab", "1.0.0"));
        var (_, patches, fileProblems) = AdaptFiles.Sort(files, request!.LocalLayer, folder);
        var patch = Assert.Single(patches);
        var patched = ConfigOverlay.Apply(
            File.ReadAllBytes(Path.Combine(Samples, request.Model, Adaptation.TargetOf(patch))),
            File.ReadAllBytes(Path.Combine(folder, patch)),
            ConfigOverlay.DefaultKeys);

        Assert.Empty(requestProblems);
        Assert.Empty(fileProblems);
        Assert.Null(patched.Reason);
    }
}
