using System.CommandLine;

namespace SlmOps.Cli.Tests;

public sealed class ConnectionTests
{
    [Fact]
    public void Find_WhatSaveWrote_ComesBack()
    {
        using var folder = new Folder();
        var saved = new Connection(
            new("http://127.0.0.1:7071/"),
            "key",
            "UseDevelopmentStorage=true",
            new("http://127.0.0.1:7070/"),
            "/trust.json");
        saved.Save(folder.Path);

        Assert.Equal(saved, Find("--data", folder.Path));
    }

    [Fact]
    public void Save_HoldsKeys_IsReadableByItsOwnerAlone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no mode bits.");
            return;
        }

        using var folder = new Folder();
        new Connection(new("http://127.0.0.1/"), "key", "", null, "").Save(folder.Path);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder.Path, Connection.FileName)));
    }

    [Fact]
    public void Find_Url_NeedsNoLocalPlatform()
    {
        var found = Find("--url", "https://slmops.example.net", "--key", "k", "--storage", "s");

        Assert.Equal(
            (new Uri("https://slmops.example.net"), "k", "s", null),
            (found.FunctionsUrl, found.OperatorKey, found.StorageConnectionString, found.EventsUrl));
    }

    [Fact]
    public void Find_NothingRuns_SaysHowToStartIt()
    {
        using var folder = new Folder();

        var refused = Assert.Throws<CliException>(() => Find("--data", folder.Path));

        Assert.Equal(ExitCode.Failed, refused.Code);
        Assert.Contains("slmops up", refused.Message, StringComparison.Ordinal);
        Assert.Contains(folder.Path, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{ \"functionsUrl\": ")]
    [InlineData("[]")]
    public void Find_DamagedFile_SaysSo(string text)
    {
        using var folder = new Folder();
        folder.Put(Connection.FileName, text);

        var refused = Assert.Throws<CliException>(() => Find("--data", folder.Path));

        Assert.Contains("slmops up", refused.Message, StringComparison.Ordinal);
    }

    private static Connection Find(params string[] arguments)
    {
        var options = new ConnectionOptions();
        var command = new RootCommand();
        options.AddTo(command);
        return Connection.Find(options, command.Parse(arguments));
    }
}
