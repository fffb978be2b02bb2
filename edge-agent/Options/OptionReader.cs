using System.Globalization;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Planning;

namespace SlmOps.EdgeAgent.Options;

/// <summary>Checks all settings without stopping at the first mistake, so that one run shows them all.</summary>
internal static class OptionReader
{
    private const int MaxLabels = 32;
    private const int MaxLabelValue = 128;
    private const long LeastMemory = 1 << 20;

    internal static AgentOptions? Read(RawOptions raw, long defaultMemory, out IReadOnlyList<string> mistakes)
    {
        var found = new List<string>();
        var url = Url(raw.Url, found);
        if (!ChannelName.TryParse(raw.Channel ?? "stable", out var channel))
        {
            found.Add($"--channel '{raw.Channel}' is not a name: {SafeName.Rule}.");
        }

        if (!DeviceId.TryParse(raw.Id, out var id) && raw.Id is not null)
        {
            found.Add($"--id '{raw.Id}' is not a name: {SafeName.Rule}.");
        }

        if (string.IsNullOrWhiteSpace(raw.Data))
        {
            found.Add("--data is missing: the folder where the agent keeps its models and its state.");
        }

        if (!File.Exists(raw.Trust))
        {
            found.Add(raw.Trust is null
                ? "--trust is missing: the trust.json with the public keys of the release and the director key and the first root."
                : $"--trust '{raw.Trust}' does not exist.");
        }

        var token = EnrolmentToken.Read(raw.Token, raw.TokenFile, found);
        var labels = Labels(raw.Labels, found);
        var memory = Memory(raw.Memory, defaultMemory, found);
        var preference = Preference(raw.Prefer, found);
        var poll = Poll(raw.Poll, found);
        var launcher = Launcher.Read(raw.Launcher, found);
        mistakes = found;
        return found.Count > 0 ? null : new()
        {
            Url = url!,
            Token = token,
            Channel = channel,
            DeviceId = raw.Id is null ? default(DeviceId?) : id,
            DataPath = raw.Data!,
            TrustPath = raw.Trust!,
            Labels = labels,
            MemoryBytes = memory,
            Preference = preference,
            Poll = poll,
            Launcher = launcher,
        };
    }

    private static Uri? Url(string? text, List<string> mistakes)
    {
        if (text is null)
        {
            mistakes.Add("--url is missing: the address of the service, such as https://slmops.example.net.");
            return null;
        }

        if (
            Uri.TryCreate(text, UriKind.Absolute, out var url)
            && url.Scheme is "http" or "https"
            && url.Query.Length == 0
            && url.UserInfo.Length == 0)
        {
            return url.AbsolutePath.EndsWith('/') ? url : new(url.AbsoluteUri + "/");
        }

        mistakes.Add($"--url '{text}' is not an address that begins with https:// or http:// and has no query.");
        return null;
    }

    private static Dictionary<string, string> Labels(IReadOnlyList<string> texts, List<string> mistakes)
    {
        var labels = new Dictionary<string, string>();
        foreach (var text in texts)
        {
            var parts = text.Split('=', 2);
            if (parts.Length != 2 || !SafeName.IsValid(parts[0]) || parts[1].Length > MaxLabelValue || parts[1].Any(char.IsControl))
            {
                mistakes.Add(
                    $"--label '{text}' is not name=value, where the name is {SafeName.Rule}, and the value has at most {MaxLabelValue} "
                        + "characters."
                );
            }
            else if (!labels.TryAdd(parts[0], parts[1]))
            {
                mistakes.Add($"--label '{parts[0]}' is given twice.");
            }
        }

        if (labels.Count > MaxLabels)
        {
            mistakes.Add($"--label is given {labels.Count} times, at most {MaxLabels} are allowed.");
        }

        return labels;
    }

    private static long Memory(string? text, long otherwise, List<string> mistakes)
    {
        if (text is null)
        {
            return otherwise;
        }

        (string Suffix, long Factor)[] units = [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("", 1)];
        var unit = units.First(one => text.EndsWith(one.Suffix, StringComparison.OrdinalIgnoreCase));
        if (
            decimal.TryParse(
                text.AsSpan(0, text.Length - unit.Suffix.Length).Trim(),
                NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out var number)
                && number < 1 << 24
            || unit.Factor == 1)
        {
            var bytes = decimal.Truncate(number * unit.Factor);
            if (bytes is >= LeastMemory and <= 1L << 50)
            {
                return (long)bytes;
            }
        }

        mistakes.Add($"--memory '{text}' is not a number of bytes, or of KiB, MiB or GiB such as 64MiB, of at least 1MiB.");
        return otherwise;
    }

    private static Preference Preference(string? text, List<string> mistakes)
    {
        switch (text)
        {
            case null or "balanced":
                return Planning.Preference.Balanced;
            case "quality":
                return Planning.Preference.Quality;
            case "speed":
                return Planning.Preference.Speed;
            case "size":
                return Planning.Preference.Size;
            default:
                mistakes.Add($"--prefer '{text}' is none of balanced, quality, speed, size.");
                return Planning.Preference.Balanced;
        }
    }

    private static TimeSpan Poll(string? text, List<string> mistakes)
    {
        const double Default = 30;
        if (text is null)
        {
            return TimeSpan.FromSeconds(Default);
        }

        if (
            double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            && seconds is >= 0.1 and <= 86400)
        {
            return TimeSpan.FromSeconds(seconds);
        }

        mistakes.Add($"--poll '{text}' is not a number of seconds from 0.1 to 86400.");
        return TimeSpan.FromSeconds(Default);
    }
}
