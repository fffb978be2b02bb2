using SlmOps.Contracts;
using SlmOps.EdgeAgent.Options;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.Tests.Fakes;

namespace SlmOps.EdgeAgent.Tests.Options;

public sealed class OptionReaderTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public OptionReaderTests() => File.WriteAllText(_folder["trust.json"], "{}");

    [Fact]
    public void Read_EverythingWrong_AllMistakesAtOnce()
    {
        var options = OptionReader.Read(
            new()
            {
                Url = "ftp://x",
                Token = "",
                Channel = "A b",
                Id = "../x",
                Data = " ",
                Trust = "/nowhere/trust.json",
                Labels = ["site", "a=1", "a=2", "B=3"],
                Memory = "lots",
                Prefer = "best",
                Poll = "0",
                Launcher = "no-such-launcher --quiet",
            },
            1,
            out var mistakes);

        Assert.Null(options);
        Assert.Equal(
            [
                "--url",
                "--channel",
                "--id",
                "--data",
                "--trust",
                "--label",
                "--label",
                "--label",
                "--memory",
                "--prefer",
                "--poll",
                "--launcher",
            ],
            mistakes.Select(mistake => mistake.Split(' ')[0]));
    }

    [Fact]
    public void Read_OnlyTheRequired_HasDefaults()
    {
        var options = OptionReader.Read(Required with { Url = "https://x.example/base" }, 99, out var mistakes);

        Assert.Empty(mistakes);
        Assert.Equal<(string, ChannelName, long, Preference, TimeSpan)>(
            ("https://x.example/base/", "stable", 99L, Preference.Balanced, TimeSpan.FromSeconds(30)),
            (options!.Url.AbsoluteUri, options.Channel, options.MemoryBytes, options.Preference, options.Poll));
    }

    [Theory]
    [InlineData("1048576", 1048576L)]
    [InlineData("64MiB", 67108864L)]
    [InlineData("1.5gib", 1610612736L)]
    [InlineData("2048KiB", 2097152L)]
    [InlineData("1048575", null)]
    [InlineData("-5MiB", null)]
    [InlineData("NaN", null)]
    [InlineData("99999999999999999999", null)]
    [InlineData("9999999999999GiB", null)]
    [InlineData("64MB", null)]
    public void Read_Memory_IsBytesOrBinaryUnits(string text, long? bytes)
    {
        var options = OptionReader.Read(Required with { Memory = text }, 99, out var mistakes);
        Assert.Equal(bytes, options?.MemoryBytes);
        Assert.Equal(bytes is null ? 1 : 0, mistakes.Count);
    }

    [Fact]
    public void Read_Labels_KeepEverythingAfterTheFirstEqualsSign()
    {
        var options = OptionReader.Read(Required with { Labels = ["site=lab", "note=a=b"], Prefer = "speed", Poll = "0.5" }, 99, out _);
        Assert.Equal(new Dictionary<string, string> { ["site"] = "lab", ["note"] = "a=b" }, options!.Labels);
        Assert.Equal((Preference.Speed, 0.5), (options.Preference, options.Poll.TotalSeconds));
    }

    [Theory]
    [InlineData("sh", new[] { "sh" })]
    [InlineData("/bin/sh -c \"a b\" --", new[] { "/bin/sh", "-c", "a b", "--" })]
    [InlineData(null, new string[0])]
    [InlineData(" ", null)]
    [InlineData("/nowhere/launcher", null)]
    public void Read_Launcher_IsAProgramThatIsThereAndItsArguments(string? text, string[]? command)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The programs named here are those of Unix.");
        var options = OptionReader.Read(Required with { Launcher = text }, 99, out var mistakes);
        Assert.Equal(command, options?.Launcher);
        Assert.Equal(command is null ? 1 : 0, mistakes.Count);
    }

    [Theory]
    [InlineData("abc+/=\n", "abc+/=")]
    [InlineData("", null)]
    [InlineData("two words", null)]
    [InlineData("caf\u00e9", null)]
    public void Read_TokenFile_HoldsOneToken(string text, string? token)
    {
        var file = _folder["token"];
        File.WriteAllText(file, text);
        MakePrivate(file);

        var options = OptionReader.Read(Required with { TokenFile = file }, 99, out var mistakes);

        Assert.Equal(token, options?.Token);
        Assert.Equal(token is null ? 1 : 0, mistakes.Count);
    }

    [Fact]
    public void Read_TokenFileThatIsMissingTooLargeOrOpenToAll_IsNamed()
    {
        File.WriteAllText(_folder["large"], new('a', 5000));
        File.WriteAllText(_folder["open"], "abc");
        MakePrivate(_folder["large"]);
        var closed = OperatingSystem.IsWindows() ? 2 : 3;
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_folder["open"], UnixFileMode.UserRead | UnixFileMode.OtherRead);
        }

        var refused = new[] { _folder["none"], _folder["large"], _folder["open"] }
            .Count(file => OptionReader.Read(Required with { TokenFile = file }, 99, out var mistakes) is null
                && mistakes.Single().Contains(file, StringComparison.Ordinal));

        Assert.Equal(closed, refused);
    }

    public void Dispose() => _folder.Dispose();

    private static void MakePrivate(string file)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    private RawOptions Required => new() { Url = "https://x.example", Data = "data", Trust = _folder["trust.json"] };
}
