using SlmOps.Contracts;
using SlmOps.Packaging.Compositions;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Intake;

/// <summary>Which part each file of an adaptation plays, and what is wrong with those that play none.</summary>
internal static class AdaptFiles
{
    internal const int MaxAdapters = 32;
    internal const int MaxPatches = 16;

    // An adapter is held in memory whole, here and on the device.
    internal const long MaxAdapterBytes = 512L << 20;

    // A FlatBuffer names its root's place in four bytes and its kind in the next four.
    private const int IdentifierAt = 4;

    internal static (IReadOnlyList<string> Adapters, IReadOnlyList<string> Patches, IReadOnlyList<Problem> Problems) Sort(
        IReadOnlyList<StoredFile> files, bool localLayer, string folder)
    {
        var (adapters, patches, problems) = (new List<string>(), new List<string>(), new List<Problem>());
        foreach (
            var file in files
                .Where(file => file.Path != UploadName.ManifestFile && !IsText(file.Path))
                .OrderBy(file => file.Path, StringComparer.Ordinal))
        {
            var problem = Kind(file.Path) switch
            {
                FileKind.Adapter => Adapter(file, folder),
                FileKind.Patch => Patch(file, folder),
                FileKind.Misplaced => new(
                    "adapter-misplaced",
                    $"{file.Path} is not where an adapter may lie.",
                    $"Put it below {Adaptation.AdapterFolder}, but not below {CompositionLayer.Local.Folder}.",
                    file.Path),
                _ => new Problem(
                    "file-unexpected",
                    $"{file.Path} is no part of an adaptation.",
                    $"Upload adapters below {Adaptation.AdapterFolder} (*{Adaptation.AdapterEnding}) and merge patches "
                        + $"(name{Adaptation.PatchEnding}) only.",
                    file.Path),
            };
            if (problem is not null)
            {
                problems.Add(problem);
            }

            (Kind(file.Path) == FileKind.Patch ? patches : adapters).Add(file.Path);
        }

        TooMany("adapters", adapters.Count, MaxAdapters);
        TooMany("patches", patches.Count, MaxPatches);
        if (adapters.Count + patches.Count == 0 && !localLayer)
        {
            problems.Add(
                new(
                    "adaptation-empty",
                    "The adaptation has no adapter and no patch, and leaves no room for a local layer.",
                    $"Upload a file below {Adaptation.AdapterFolder} or a patch such as generation_config{Adaptation.PatchEnding}, or "
                        + "set \"localLayer\": true."
                ));
        }

        return (adapters, patches, problems);

        void TooMany(string what, int count, int most)
        {
            if (count > most)
            {
                problems.Add(new("too-many-files", $"The adaptation has {count} {what}; the limit is {most}.", "Upload fewer."));
            }
        }
    }

    private static FileKind Kind(string path) =>
        path switch
        {
            _ when path.EndsWith(Adaptation.AdapterEnding, StringComparison.Ordinal) => path.StartsWith(
                Adaptation.AdapterFolder,
                StringComparison.Ordinal) && !path.StartsWith(CompositionLayer.Local.Folder, StringComparison.OrdinalIgnoreCase)
                ? FileKind.Adapter
                : FileKind.Misplaced,
            _ when path.EndsWith(Adaptation.PatchEnding, StringComparison.Ordinal) && path.Length > Adaptation.PatchEnding.Length =>
                FileKind.Patch,
            _ => FileKind.Unexpected,
        };

    /// <summary>For people; it does not travel.</summary>
    private static bool IsText(string path) =>
        Path.GetExtension(path) is ".md" or ".txt" || Path.GetFileName(path) is "LICENSE" or "NOTICE" or "README";

    private static Problem? Adapter(StoredFile file, string folder)
    {
        if (file.Size > MaxAdapterBytes)
        {
            return new(
                "adapter-too-large",
                $"{file.Path} has {file.Size} bytes; the limit is {MaxAdapterBytes}.",
                "Use an adapter of a lower rank.",
                file.Path);
        }

        var head = new byte[8];
        using var content = File.OpenRead(WorkFolder.PathOf(folder, file.Path));
        return
            content.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length
            && head.AsSpan(IdentifierAt).SequenceEqual("TORT"u8)
            ? null
            : new("adapter-invalid", $"{file.Path} is not an adapter file of ONNX Runtime: the identifier TORT is missing.",
                "Export it as .onnx_adapter, such as with onnxruntime's AdapterFormat or Olive.", file.Path);
    }

    /// <summary>The keys alone; whether there is a file to patch is seen beside each variant of the base.</summary>
    private static Problem? Patch(StoredFile file, string folder)
    {
        var patched = file.Size > ConfigOverlay.MaxBytes
            ? new(null, "too-large", $"It has {file.Size} bytes; the limit is {ConfigOverlay.MaxBytes}.")
            : ConfigOverlay.Apply("{}"u8, File.ReadAllBytes(WorkFolder.PathOf(folder, file.Path)), ConfigOverlay.DefaultKeys);
        return patched.Reason is null
            ? null
            : new("patch-invalid", $"{file.Path} ({patched.ReasonCode}): {patched.Reason}",
                "Write a JSON object that changes how the model answers, such as { \"temperature\": 0.7 }.", file.Path);
    }

    private enum FileKind
    {
        Unexpected,
        Misplaced,
        Adapter,
        Patch,
    }
}
