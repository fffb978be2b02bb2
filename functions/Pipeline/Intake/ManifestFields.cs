using System.Globalization;
using System.Text.Json;
using SlmOps.Contracts;

namespace SlmOps.Pipeline.Intake;

/// <summary>One JSON object being read: typed access that notes every problem, and refuses the keys nobody asked for.</summary>
internal sealed class ManifestFields(JsonOutline node, string path, string file, List<Problem> problems)
{
    private const int MaxPatterns = 256;
    private const int MaxPattern = 512;

    private readonly HashSet<string> _known = [];

    internal bool Has(string key) => Find(key, JsonValueKind.Undefined) is not null;

    internal string? Name(string key, bool required = false) => Text(key, required, SafeName.IsValid, SafeName.Rule);

    internal string? Path(string key) => Text(key, false, SafePath.IsValid, SafePath.Rule);

    internal string? Choice(string key, IReadOnlyCollection<string> choices, bool required) =>
        Text(key, required, choices.Contains, "one of " + string.Join(", ", choices));

    internal int Integer(string key, int fallback, int least, int most)
    {
        var number = Number(key, fallback, least, most);
        if (number != Math.Truncate(number))
        {
            Refuse(key, $"{Show(number)} is not a whole number", $"Use a whole number from {least} to {most}");
        }

        return (int)number;
    }

    internal double Number(string key, double fallback, double least, double most)
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

    internal bool? Flag(string key)
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

    /// <summary>Names of weights or patterns of them: a list of strings.</summary>
    internal IReadOnlyList<string> Patterns(string key)
    {
        var found = Find(key, JsonValueKind.Array, "a list of strings");
        if (found is null || found.Items.All(item => item.Kind == JsonValueKind.String && item.Text is { Length: > 0 and <= MaxPattern }))
        {
            return found is { Items.Count: <= MaxPatterns } ? [.. found.Items.Select(item => item.Text!)] : TooMany(key, found);
        }

        Refuse(key, "holds something that is not a name", $"Use a list of strings of 1 to {MaxPattern} characters");
        return [];
    }

    /// <summary>One path or a list of them, each with one of the endings.</summary>
    internal IReadOnlyList<string> Paths(string key, int most, IReadOnlyList<string> endings)
    {
        if (Find(key, JsonValueKind.Undefined) is not { } found)
        {
            return [];
        }

        var items = found.Kind == JsonValueKind.Array ? found.Items : [found];
        if (items.Count <= most && items.All(item => item.Kind == JsonValueKind.String && SafePath.IsValid(item.Text)
            && endings.Any(ending => item.Text!.EndsWith(ending, StringComparison.Ordinal))))
        {
            return [.. items.Select(item => item.Text!)];
        }

        Refuse(key, "is no path of a file, or no list of them", $"Use up to {most} paths that end in {string.Join(", ", endings)}; {SafePath.Rule}");
        return [];
    }

    /// <summary>Objects by names that are the model's own.</summary>
    internal IReadOnlyDictionary<string, ManifestFields> Named(string key, int most)
    {
        var named = new Dictionary<string, ManifestFields>(StringComparer.Ordinal);
        foreach (var (name, value) in Members(key, most))
        {
            if (value.Kind == JsonValueKind.Object)
            {
                named[name] = new(value, $"\"{key}\".\"{name}\"", file, problems);
            }
            else
            {
                Note(value.Line, $"\"{key}\".\"{name}\" is not an object", $"Write {{ … }} for each entry of \"{key}\"");
            }
        }

        return named;
    }

    /// <summary>Whole numbers from 1 by names that are the model's own.</summary>
    internal IReadOnlyDictionary<string, int> Sizes(string key, int most, int largest)
    {
        var sizes = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (name, value) in Members(key, most))
        {
            if (IsSize(value, largest))
            {
                sizes[name] = (int)value.Number;
            }
            else
            {
                Note(value.Line, $"\"{key}\".\"{name}\" is no size", $"Use a whole number from 1 to {largest}");
            }
        }

        return sizes;
    }

    /// <summary>A list of whole numbers from 1, or null.</summary>
    internal IReadOnlyList<int>? Shape(string key, int most, int largest)
    {
        if (Find(key, JsonValueKind.Array, "a list of whole numbers") is not { } found)
        {
            return null;
        }

        if (found.Items.Count <= most && found.Items.All(item => IsSize(item, largest)))
        {
            return [.. found.Items.Select(item => (int)item.Number)];
        }

        Refuse(key, "is no shape", $"Use up to {most} whole numbers from 1 to {largest}");
        return null;
    }

    internal ManifestFields? Object(string key) =>
        Find(key, JsonValueKind.Object, "an object") is { } found ? new(found, $"\"{key}\"", file, problems) : null;

    internal IReadOnlyList<ManifestFields>? List(string key, int most)
    {
        if (Find(key, JsonValueKind.Array, "a list of objects") is not { } found)
        {
            return null;
        }

        if (found.Items.Count > most)
        {
            Refuse(key, $"the list has {found.Items.Count} entries", $"Use at most {most}");
            return null;
        }

        var items = new List<ManifestFields>();
        foreach (var (item, index) in found.Items.Select((item, index) => (item, index)))
        {
            if (item.Kind == JsonValueKind.Object)
            {
                items.Add(new(item, $"\"{key}\"[{index}]", file, problems));
            }
            else
            {
                Note(item.Line, $"\"{key}\"[{index}] is not an object", $"Write {{ … }} for each entry of \"{key}\"");
            }
        }

        return items;
    }

    internal IReadOnlyDictionary<string, string> Labels(string key)
    {
        var labels = new Dictionary<string, string>();
        foreach (var (name, value) in Find(key, JsonValueKind.Object, "an object of labels")?.Members ?? [])
        {
            if (SafeName.IsValid(name) && value.Kind == JsonValueKind.String && SafeName.IsValid(value.Text))
            {
                labels[name] = value.Text;
            }
            else
            {
                Note(value.Line, $"the label '{name}' in {path}.\"{key}\" or its value is not allowed", $"Use strings of {SafeName.Rule}");
            }
        }

        return labels;
    }

    internal void Refuse(string key, string what, string cure) =>
        Note(node.Members.TryGetValue(key, out var found) ? found.Line : node.Line, $"\"{key}\" in {path}: {what}", cure);

    /// <summary>Refuses every key that was not asked for: a misspelt key must not be ignored silently.</summary>
    internal void Done()
    {
        foreach (var (key, value) in node.Members.Where(member => !_known.Contains(member.Key)))
        {
            Note(value.Line, $"{path} has the unknown key \"{key}\"", $"Remove it or use one of: {string.Join(", ", _known.Order(StringComparer.Ordinal))}");
        }
    }

    private string? Text(string key, bool required, Func<string, bool> valid, string rule)
    {
        if (Find(key, JsonValueKind.String, "a string: " + rule) is not { } found)
        {
            if (required && !node.Members.ContainsKey(key))
            {
                Refuse(key, "is missing", $"Add \"{key}\": {rule}");
            }

            return null;
        }

        if (valid(found.Text!))
        {
            return found.Text;
        }

        Refuse(key, $"'{found.Text}' is not allowed", "Use " + rule);
        return null;
    }

    private string[] TooMany(string key, JsonOutline? found)
    {
        if (found is not null)
        {
            Refuse(key, $"the list has {found.Items.Count} entries", $"Use at most {MaxPatterns}");
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

    private JsonOutline? Find(string key, JsonValueKind kind, string expected = "")
    {
        _known.Add(key);
        if (node.Kind != JsonValueKind.Object)
        {
            if (_known.Count == 1)
            {
                Note(node.Line, $"{path} is not a JSON object", "Write { … }");
            }

            return null;
        }

        if (!node.Members.TryGetValue(key, out var found) || kind == JsonValueKind.Undefined)
        {
            return found;
        }

        if (found.Kind == kind)
        {
            return found;
        }

        Refuse(key, $"is {found.Kind.ToString().ToLowerInvariant()}", $"Use {expected}");
        return null;
    }

    private void Note(int line, string what, string cure) =>
        problems.Add(new("manifest-invalid", $"{file} line {line}: {what}.", cure + ".", file, line));

    private static string Show(double number) => number.ToString(CultureInfo.InvariantCulture);
}
