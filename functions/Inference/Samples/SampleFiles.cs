using System.IO.Compression;
using System.Text.Json;

namespace SlmOps.Inference.Samples;

/// <summary>
/// Inputs that a user gives: an <c>.npz</c> is one set, an array for each input by its name; an <c>.npy</c> is the only input
/// of a model, or one by the file's name; a <c>.json</c> is a set or a list of sets, with numbers in nested lists.
/// <code>[ { "input_ids": [[101, 7592, 102]], "attention_mask": [[1, 1, 1]] } ]</code>
/// </summary>
internal sealed class SampleFiles(SampleLimits limits)
{
    private long _room = limits.MaxElements;

    /// <exception cref="SampleFilesException">When a file is missing, too large or malformed.</exception>
    internal static IReadOnlyList<IReadOnlyDictionary<string, SampleArray>> Read(IReadOnlyList<string> paths, SampleLimits limits)
    {
        var reader = new SampleFiles(limits);
        var sets = new List<IReadOnlyDictionary<string, SampleArray>>();
        foreach (var path in paths)
        {
            sets.AddRange(reader.Read(path));
            if (sets.Count > limits.MaxSets)
            {
                throw new SampleFilesException(path, $"there are more than {limits.MaxSets} sets of inputs. Give fewer.");
            }
        }

        return sets;
    }

    private IReadOnlyList<IReadOnlyDictionary<string, SampleArray>> Read(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            throw new SampleFilesException(path, "there is no such file. Give its path from the folder of slmops.json.");
        }

        var most = file.Extension == ".json" ? limits.MaxJsonBytes : limits.MaxFileBytes;
        if (file.Length > most)
        {
            throw new SampleFilesException(path, $"it has {file.Length} bytes; at most {most} are read. Give fewer or smaller samples.");
        }

        using var stream = file.OpenRead();
        return file.Extension switch
        {
            ".npz" => [Archive(stream, path)],
            ".npy" =>
            [
                new Dictionary<string, SampleArray>
                {
                    [Path.GetFileNameWithoutExtension(path)] = NpyReader.Read(stream, path, limits, ref _room),
                },
            ],
            ".json" => Json(stream, path),
            var other => throw new SampleFilesException(path, $"'{other}' is no kind of sample file; .npz, .npy and .json are."),
        };
    }

    private Dictionary<string, SampleArray> Archive(Stream stream, string path)
    {
        try
        {
            using var archive = new ZipArchive(stream, ZipArchiveMode.Read);
            if (archive.Entries.Count > limits.MaxArrays)
            {
                throw new SampleFilesException(path, $"it holds {archive.Entries.Count} arrays; at most {limits.MaxArrays} are read.");
            }

            var set = new Dictionary<string, SampleArray>(StringComparer.Ordinal);
            foreach (var entry in archive.Entries)
            {
                // The reader stops at the end of the array, whatever length the archive claims.
                using var content = entry.Open();
                set[entry.FullName.EndsWith(".npy", StringComparison.Ordinal) ? entry.FullName[..^4] : entry.FullName] =
                    NpyReader.Read(content, $"{path}/{entry.Name}", limits, ref _room);
            }

            return set;
        }
        catch (InvalidDataException exception)
        {
            throw new SampleFilesException(path, "it is no zip archive, or a damaged one. Save it with numpy.savez.", exception);
        }
    }

    private List<IReadOnlyDictionary<string, SampleArray>> Json(Stream stream, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(stream, new JsonDocumentOptions { MaxDepth = limits.MaxRank + 3 });
            var root = document.RootElement;
            var sets = root.ValueKind == JsonValueKind.Array ? [.. root.EnumerateArray()] : new List<JsonElement> { root };
            return
            [
                .. sets.Select(set =>
                    set.ValueKind == JsonValueKind.Object
                        ? (IReadOnlyDictionary<string, SampleArray>)
                            set.EnumerateObject().ToDictionary(input => input.Name, input => Array(input.Value, $"{path}/{input.Name}"))
                        : throw new SampleFilesException(path, "a set of inputs is no object. Write { \"input\": [[1, 2]] }.")),
            ];
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            throw new SampleFilesException(path, $"it is not valid: {exception.Message}", exception);
        }
    }

    private SampleArray Array(JsonElement value, string path)
    {
        var shape = new List<long>();
        for (var inner = value; inner.ValueKind == JsonValueKind.Array; inner = inner[0])
        {
            shape.Add(inner.GetArrayLength());
            if (shape[^1] == 0)
            {
                break;
            }
        }

        var values = new List<double>();
        Add(value, 0);
        return new([.. shape], [.. values]);

        void Add(JsonElement element, int depth)
        {
            if (depth < shape.Count && element.ValueKind == JsonValueKind.Array && element.GetArrayLength() == shape[depth])
            {
                foreach (var item in element.EnumerateArray())
                {
                    Add(item, depth + 1);
                }
            }
            else if (depth == shape.Count && Number(element) is { } number)
            {
                if (--_room < 0)
                {
                    throw new SampleFilesException(
                        path,
                        $"the arrays have more than {limits.MaxElements} elements. Give fewer or smaller samples.");
                }

                values.Add(number);
            }
            else
            {
                throw new SampleFilesException(path, "the lists are not all of one length, or hold something that is no number.");
            }
        }
    }

    private static double? Number(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Number when element.TryGetDouble(out var number) => number,
        JsonValueKind.True => 1,
        JsonValueKind.False => 0,
        _ => null,
    };
}
