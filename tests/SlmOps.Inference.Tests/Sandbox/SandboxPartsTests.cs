using SlmOps.Inference.Sandbox;
using SlmOps.Inference.Tests.Graphs;

namespace SlmOps.Inference.Tests.Sandbox;

public sealed class SandboxPartsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Frames_WhatWasWritten_IsRead()
    {
        using var pipe = new MemoryStream();
        pipe.Write(Frames.Encode(new() { Progress = 0.5 }, SandboxJson.Default.RunReply));
        pipe.Write(Frames.Encode(new() { Predicted = new(1, 1, 4, 4, double.NaN, 9) }, SandboxJson.Default.RunReply));
        pipe.Position = 0;

        Assert.Equal(0.5, (await ReadAsync(pipe))!.Progress);
        Assert.Equal(double.NaN, (await ReadAsync(pipe))!.Predicted!.Perplexity);
        Assert.Null(await ReadAsync(pipe));
    }

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0x7F })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0, 0, 0, 0 })]
    [InlineData(new byte[] { 1, 0, 0, 0, (byte)'x' })]
    public async Task Frames_LengthOrTextThatIsWrong_IsRefused(byte[] bytes) =>
        await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(new MemoryStream(bytes)));

    [Theory]
    [InlineData(new byte[] { 5, 0 })]
    [InlineData(new byte[] { 5, 0, 0, 0, (byte)'{' })]
    public async Task Frames_PipeThatEndsWithin_IsToldApart(byte[] bytes) =>
        await Assert.ThrowsAsync<EndOfStreamException>(() => ReadAsync(new MemoryStream(bytes)));

    [Fact]
    public void ProcessUse_LineOfTheKernel_IsRead()
    {
        // man 5 proc_pid_stat, of a process whose name has a space and a parenthesis.
        const string Line =
            "4242 (a ) b) S 1 4242 4242 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 12 0 99999 275000000 2048 18446744073709551615 1 1 0 0 0";
        Assert.Equal(new ProcessUse(2048 * 4096, TimeSpan.FromSeconds(3), 12), ProcessUse.Parse(Line, 4096));
        Assert.Null(ProcessUse.Parse("4242 (gone)", 4096));
    }

    [Fact]
    public void ControlGroup_DelegatedGroup_GetsTheLimitsAndTheProcess()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Control groups are Linux's.");
        using var folder = new TempFolder();
        var service = Directory.CreateDirectory(Path.Combine(folder.Path, "app", "main")).Parent!.FullName;
        File.WriteAllText(Path.Combine(service, "cgroup.subtree_control"), "cpu memory pids\n");
        var membership = folder.Write("membership", "9:name=systemd:/\n0::/app/main\n");

        using var group = ControlGroup.TryCreate(4242, 1000, 8, folder.Path, membership);

        var made = Path.Combine(service, "slmops-4242");
        Assert.Equal("1000", File.ReadAllText(Path.Combine(made, "memory.max")));
        Assert.Equal("0", File.ReadAllText(Path.Combine(made, "memory.swap.max")));
        Assert.Equal("8", File.ReadAllText(Path.Combine(made, "pids.max")));
        Assert.Equal("4242", File.ReadAllText(Path.Combine(made, "cgroup.procs")));
        Assert.False(group!.RanOutOfMemory);
        File.WriteAllText(Path.Combine(made, "memory.events"), "low 0\noom 1\noom_kill 1\n");
        Assert.True(group.RanOutOfMemory);
    }

    [Theory]
    [InlineData("0::/app\n", "cpu\n")]
    [InlineData("4:memory:/app\n", "memory pids\n")]
    public void ControlGroup_NothingDelegated_IsNone(string membership, string controllers)
    {
        using var folder = new TempFolder();
        File.WriteAllText(
            Path.Combine(Directory.CreateDirectory(Path.Combine(folder.Path, "app")).FullName, "cgroup.subtree_control"),
            controllers);
        Assert.Null(ControlGroup.TryCreate(4242, 1000, 8, folder.Path, folder.Write("membership", membership)));
    }

    [Fact]
    public void ErrorText_StackOfAnException_KeepsTheLineThatSaysWhat()
    {
        var text = new ErrorText();
        text.Add("Unhandled exception. System.InvalidOperationException: it is broken");
        text.Add("   at Some.Place()");
        Assert.EndsWith("it is broken", text.Last, StringComparison.Ordinal);
        Assert.False(text.SpeaksOfMemory);
        text.Add("Out of memory.");
        Assert.True(text.SpeaksOfMemory);
    }

    [Fact]
    public async Task ErrorText_ManyLinesAndOneWithoutAnEnd_KeepsTheLastWithinBounds()
    {
        var text = new ErrorText();
        await text.ReadAsync(new StringReader("one\ntwo\n   at a place\n--- End ---\n"));
        Assert.Equal("two", text.Last);
        await text.ReadAsync(new StringReader(new string('x', 100_000)));
        Assert.Equal(new string('x', 500), text.Last);
    }

    private static Task<RunReply?> ReadAsync(Stream pipe) => Frames.ReadAsync(pipe, SandboxJson.Default.RunReply, 1000, Token).AsTask();
}
