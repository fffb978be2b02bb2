namespace SlmOps.Cli.Models;

/// <summary>Checks that commands on model files share.</summary>
internal static class ModelArguments
{
    internal static void RequireFile(string path)
    {
        if (!File.Exists(path))
        {
            throw new CliException($"There is no file '{path}'.", ExitCode.Usage);
        }
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
        return File.Exists(path) ? path : null;
    }
}
