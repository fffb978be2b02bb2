using System.Globalization;
using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Quantizer.Options;

namespace SlmOps.Pipeline.Intake;

/// <summary>One JSON object being read: typed access that notes every problem, and refuses the keys nobody asked for.</summary>
internal sealed class ManifestFields(JsonOutline node, string path, string file, List<Problem> problems)
{
    private readonly HashSet<string> _known = [];

    internal bool Has(ManifestKey key) => node.Members.ContainsKey(key.Name);

    internal string? Text(TextKey key) => Text(key, _ => true, "any text");

    internal string? Name(NameKey key) => Text(key, SafeName.IsValid, SafeName.Rule);

    internal T? Name<T>(NameKey key)
        where T : struct, IName<T> => T.TryParse(Name(key), out var name) ? name : null;

    internal string? Path(PathKey key) => Text(key, SafePath.IsValid, SafePath.Rule);

    internal string? Choice(ChoiceKey key) => Text(key, key.Choices.Contains, "one of " + string.Join(", ", key.Choices));

    /// <summary>A list of words, each once, or null.</summary>
    internal IReadOnlyList<string>? Words(WordsKey key)
    {
        if (Find(key.Name, JsonValueKind.Array, "a list of words") is not { } found)
        {
            return null;
        }

        if (found.Items.Count is 0 || found.Items.Count > key.Choices.Count)
        {
            Refuse(key.Name, $"the list has {found.Items.Count} entries", $"Use 1 to {key.Choices.Count}, or leave the key out");
            return null;
        }

        foreach (var item in found.Items.Where(item => item.Kind != JsonValueKind.String || !key.Choices.Contains(item.Text!)))
        {
            Note(item.Line, $"\"{key.Name}\" in {path}: {Shown(item)} is not allowed", $"Use {string.Join(", ", key.Choices)}");
        }

        return [.. found.Items.Select(item => item.Text ?? "").Distinct()];
    }

    internal int Integer(IntegerKey key)
    {
        var number = Number(key.Name, key.Default, key.Least, key.Most);
        if (number != Math.Truncate(number))
        {
            Refuse(key.Name, $"{Show(number)} is not a whole number", $"Use a whole number from {key.Least} to {key.Most}");
        }

        return (int)number;
    }

    internal double Number(NumberKey key) => Number(key.Name, key.Default, key.Least, key.Most);

    internal bool Flag(FlagKey key) => Flag(key.Name) ?? key.Default;

    /// <summary>The value of an option, or null; whether it is in range is the quantizer's to say.</summary>
    internal object? Option(OptionKey key)
    {
        switch (key.Option.Kind)
        {
            case OptionKind.WholeNumber when Find(key.Name, JsonValueKind.Number, key.Option.ValuesText) is { } whole:
                if (whole.Number == Math.Truncate(whole.Number) && Math.Abs(whole.Number) <= 1L << 53)
                {
                    return (long)whole.Number;
                }

                Refuse(key.Name, $"{Show(whole.Number)} is not a whole number", $"Use {key.Option.ValuesText}");
                return null;
            case OptionKind.Number:
                return Find(key.Name, JsonValueKind.Number, key.Option.ValuesText)?.Number;
            case OptionKind.Names:
                return Patterns(key.Name) is { Count: > 0 } names ? names : null;
            case OptionKind.Switch or OptionKind.Choice:
                return Flag(key.Name);
            default:
                return null;
        }
    }

    internal ManifestFields? Object(ObjectKey key)
    {
        var found = Find(key.Name, JsonValueKind.Object, "an object");
        return found is null ? null : new(found, $"\"{key.Name}\"", file, problems);
    }

    /// <summary>Names of weights or patterns of them: a list of strings.</summary>
    private IReadOnlyList<string> Patterns(string key)
    {
        var found = Find(key, JsonValueKind.Array, "a list of strings");
        if (
            found is null
            || found.Items.All(item => item.Kind == JsonValueKind.String && item.Text is { Length: > 0 and <= ManifestKeys.LongestPattern })
        )
        {
            return found is { Items.Count: <= ManifestKeys.MostPatterns }
                ? [.. found.Items.Select(item => item.Text!)]
                : TooMany(key, found);
        }

        Refuse(key, "holds something that is not a name", $"Use a list of strings of 1 to {ManifestKeys.LongestPattern} characters");
        return [];
    }

    internal IReadOnlyList<ManifestFields>? List(ListKey key)
    {
        if (Find(key.Name, JsonValueKind.Array, "a list of objects") is not { } found)
        {
            return null;
        }

        if (found.Items.Count > key.Most)
        {
            Refuse(key.Name, $"the list has {found.Items.Count} entries", $"Use at most {key.Most}");
            return null;
        }

        var items = new List<ManifestFields>();
        foreach (var (item, index) in found.Items.Select((item, index) => (item, index)))
        {
            if (item.Kind == JsonValueKind.Object)
            {
                items.Add(new(item, $"\"{key.Name}\"[{index}]", file, problems));
            }
            else
            {
                Note(item.Line, $"\"{key.Name}\"[{index}] is not an object", $"Write {{ … }} for each entry of \"{key.Name}\"");
            }
        }

        return items;
    }

    /// <summary>One path or a list of them, each with one of the endings.</summary>
    internal IReadOnlyList<string> Paths(PathsKey key)
    {
        if (Any(key.Name) is not { } found)
        {
            return [];
        }

        var items = found.Kind == JsonValueKind.Array ? found.Items : [found];
        if (items.Count <= key.Most && items.All(item => item.Kind == JsonValueKind.String && SafePath.IsValid(item.Text)
            && key.Endings.Any(ending => item.Text!.EndsWith(ending, StringComparison.Ordinal))))
        {
            return [.. items.Select(item => item.Text!)];
        }

        Refuse(
            key.Name,
            "is no path of a file, or no list of them",
            $"Use up to {key.Most} paths that end in {string.Join(", ", key.Endings)}; {SafePath.Rule}");
        return [];
    }

    /// <summary>Objects by names that are the model's own.</summary>
    internal IReadOnlyDictionary<string, ManifestFields> Named(NamedKey key)
    {
        var named = new Dictionary<string, ManifestFields>(StringComparer.Ordinal);
        foreach (var (name, value) in Members(key.Name, key.Most))
        {
            if (value.Kind == JsonValueKind.Object)
            {
                named[name] = new(value, $"\"{key.Name}\".\"{name}\"", file, problems);
            }
            else
            {
                Note(value.Line, $"\"{key.Name}\".\"{name}\" is not an object", $"Write {{ … }} for each entry of \"{key.Name}\"");
            }
        }

        return named;
    }

    /// <summary>Whole numbers from 1 by names that are the model's own.</summary>
    internal IReadOnlyDictionary<string, int> Sizes(SizesKey key)
    {
        var sizes = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (name, value) in Members(key.Name, key.Most))
        {
            if (IsSize(value, key.Largest))
            {
                sizes[name] = (int)value.Number;
            }
            else
            {
                Note(value.Line, $"\"{key.Name}\".\"{name}\" is no size", $"Use a whole number from 1 to {key.Largest}");
            }
        }

        return sizes;
    }

    /// <summary>A list of whole numbers from 1, or null.</summary>
    internal IReadOnlyList<int>? Shape(ShapeKey key)
    {
        if (Find(key.Name, JsonValueKind.Array, "a list of whole numbers") is not { } found)
        {
            return null;
        }

        if (found.Items.Count <= key.Most && found.Items.All(item => IsSize(item, key.Largest)))
        {
            return [.. found.Items.Select(item => (int)item.Number)];
        }

        Refuse(key.Name, "is no shape", $"Use up to {key.Most} whole numbers from 1 to {key.Largest}");
        return null;
    }

    internal IReadOnlyDictionary<string, string> Labels(LabelsKey key)
    {
        var labels = new Dictionary<string, string>();
        foreach (var (name, value) in Find(key.Name, JsonValueKind.Object, "an object of labels")?.Members ?? [])
        {
            if (SafeName.IsValid(name) && value.Kind == JsonValueKind.String && SafeName.IsValid(value.Text))
            {
                labels[name] = value.Text;
            }
            else
            {
                Note(
                    value.Line,
                    $"the label '{name}' in {path}.\"{key.Name}\" or its value is not allowed",
                    $"Use strings of {SafeName.Rule}");
            }
        }

        if (labels.Count > key.Most)
        {
            Refuse(key.Name, $"it has {labels.Count} labels", $"Use at most {key.Most}");
        }

        return labels;
    }

    internal void Refuse(ManifestKey key, string what, string cure) => Refuse(key.Name, what, cure);

    private void Refuse(string key, string what, string cure) =>
        Note(node.Members.TryGetValue(key, out var found) ? found.Line : node.Line, $"\"{key}\" in {path}: {what}", cure);

    /// <summary>Refuses every key that was not asked for: a misspelt key must not be ignored silently.</summary>
    internal void Done()
    {
        foreach (var (key, value) in node.Members.Where(member => !_known.Contains(member.Key)))
        {
            Note(
                value.Line,
                $"{path} has the unknown key \"{key}\"",
                $"Remove it or use one of: {string.Join(", ", _known.Order(StringComparer.Ordinal))}");
        }
    }

    private string? Text(ManifestKey key, Func<string, bool> valid, string rule)
    {
        if (Find(key.Name, JsonValueKind.String, "a string: " + rule) is not { } found)
        {
            if (key.Required && !node.Members.ContainsKey(key.Name))
            {
                Refuse(key.Name, "is missing", $"Add \"{key.Name}\": {rule}");
            }

            return null;
        }

        if (valid(found.Text!))
        {
            return found.Text;
        }

        Refuse(key.Name, $"'{found.Text}' is not allowed", "Use " + rule);
        return null;
    }

    private double Number(string key, double fallback, double least, double most)
    {
        if (Find(key, JsonValueKind.Number, $"a number from {Show(least)} to {Show(most)}") is not { } found)
        {
            return fallback;
        }

        if (found.Number >= least && found.Number <= most)
        {
            return found.Number;
        }

        Refuse(key, $"{Show(found.Number)} is out of range", $"Use a number from {Show(least)} to {Show(most)}");
        return fallback;
    }

    private bool? Flag(string key)
    {
        _known.Add(key);
        if (!node.Members.TryGetValue(key, out var found))
        {
            return null;
        }

        if (found.Kind is JsonValueKind.True or JsonValueKind.False)
        {
            return found.Kind == JsonValueKind.True;
        }

        Refuse(key, $"is {found.Kind.ToString().ToLowerInvariant()}", "Use true or false");
        return null;
    }

    private string[] TooMany(string key, JsonOutline? found)
    {
        if (found is not null)
        {
            Refuse(key, $"the list has {found.Items.Count} entries", $"Use at most {ManifestKeys.MostPatterns}");
        }

        return [];
    }

    private IEnumerable<KeyValuePair<string, JsonOutline>> Members(string key, int most)
    {
        if (Find(key, JsonValueKind.Object, "an object") is not { } found)
        {
            return [];
        }

        if (found.Members.Count <= most)
        {
            return found.Members;
        }

        Refuse(key, $"the object has {found.Members.Count} entries", $"Use at most {most}");
        return [];
    }

    private static bool IsSize(JsonOutline node, int largest) =>
        node.Kind == JsonValueKind.Number && node.Number >= 1 && node.Number <= largest && node.Number == Math.Truncate(node.Number);

    private JsonOutline? Find(string key, JsonValueKind kind, string expected)
    {
        var found = Any(key);
        if (found is null || found.Kind == kind)
        {
            return found;
        }

        Refuse(key, $"is {found.Kind.ToString().ToLowerInvariant()}", $"Use {expected}");
        return null;
    }

    private JsonOutline? Any(string key)
    {
        _known.Add(key);
        if (node.Kind == JsonValueKind.Object)
        {
            return node.Members.GetValueOrDefault(key);
        }

        if (_known.Count == 1)
        {
            Note(node.Line, $"{path} is not a JSON object", "Write { … }");
        }

        return null;
    }

    private void Note(int line, string what, string cure) =>
        problems.Add(new("manifest-invalid", $"{file} line {line}: {what}.", cure + ".", file, line));

    private static string Shown(JsonOutline node) =>
        node.Kind == JsonValueKind.String ? $"'{node.Text}'" : node.Kind.ToString().ToLowerInvariant();

    private static string Show(double number) => number.ToString(CultureInfo.InvariantCulture);
}
