using System.Text.Json;

namespace SlmOps.Inference.Tokenization;

/// <summary>The special tokens that a post-processor puts before and after one text, such as <c>[CLS] … [SEP]</c>.</summary>
internal sealed record Template(IReadOnlyList<int> Before, IReadOnlyList<int> After)
{
    private const int Most = 16;

    private static readonly Template Nothing = new([], []);

    internal static Template Read(JsonElement? processor, IReadOnlyDictionary<string, int> vocabulary)
    {
        if (processor is not { } step)
        {
            return Nothing;
        }

        return step.Text("type") switch
        {
            "Sequence" => step.Array("processors")?.EnumerateArray().Take(Most).Select(inner => Read(inner, vocabulary))
                .FirstOrDefault(template => template != Nothing) ?? Nothing,
            "TemplateProcessing" when step.Array("single") is { } single => Single(single, vocabulary),
            "BertProcessing" or "RobertaProcessing" => new(Pair(step, "cls", vocabulary), Pair(step, "sep", vocabulary)),
            _ => Nothing,
        };
    }

    private static Template Single(JsonElement single, IReadOnlyDictionary<string, int> vocabulary)
    {
        var (before, after) = (new List<int>(), new List<int>());
        var side = before;
        foreach (var part in single.EnumerateArray().Take(Most))
        {
            if (part.Object("Sequence") is not null)
            {
                side = after;
            }
            else if (part.Object("SpecialToken")?.Text("id") is { } name && vocabulary.TryGetValue(name, out var id))
            {
                side.Add(id);
            }
        }

        return new(before, after);
    }

    /// <summary><c>"sep": ["[SEP]", 102]</c>; the vocabulary has the word on the id.</summary>
    private static int[] Pair(JsonElement step, string key, IReadOnlyDictionary<string, int> vocabulary) =>
        step.Array(key) is { } pair && pair.GetArrayLength() > 0 && vocabulary.TryGetValue(pair[0].AsText(key), out var id) ? [id] : [];
}
