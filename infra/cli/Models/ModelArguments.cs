using SlmOps.Packaging;
using SlmOps.Packaging.Storage;
using SlmOps.Quantizer;

namespace SlmOps.Cli.Models;

/// <summary>Checks that commands on model files share.</summary>
internal static class ModelArguments
{
    private const int MostShown = 5;

    /// <summary>These commands read files of this machine, where a model often lies in a download cache.</summary>
    internal static readonly InspectionLimits Limits = new() { FollowCacheLinks = true };

    internal static void RequireFile(string path)
    {
        if (!File.Exists(path))
        {
            throw new CliException($"There is no file '{path}'.", ExitCode.Usage);
        }

        PlainFile.Require(path);
    }

    /// <summary>The model itself, or the only one in a folder and those below it.</summary>
    internal static string Model(string path)
    {
        if (!Directory.Exists(path))
        {
            RequireFile(path);
            return path;
        }

        var found = Directory.EnumerateFiles(path, "*.onnx", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 4 })
            .Order(StringComparer.Ordinal).Take(MostShown + 1).ToList();
        found.ForEach(PlainFile.Require);
        return found switch
        {
            [var model] => model,
            [] => throw new CliException($"'{path}' has no .onnx file.", ExitCode.Usage),
            _ when found.Contains(Path.Combine(path, "model.onnx")) => Path.Combine(path, "model.onnx"),
            _ => throw new CliException(
                $"'{path}' has several models: "
                    + $"{string.Join(", ", found.Take(MostShown).Select(file => Path.GetRelativePath(path, file)))}. Name one.",
                ExitCode.Usage),
        };
    }

    /// <summary>The named file, else the usual one beside the model, else null.</summary>
    internal static string? Beside(string model, string? named, string usual)
    {
        if (named is not null)
        {
            RequireFile(named);
            return named;
        }

        var path = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(model))!, usual);
        if (!File.Exists(path))
        {
            return null;
        }

        PlainFile.Require(path);
        return path;
    }
}
