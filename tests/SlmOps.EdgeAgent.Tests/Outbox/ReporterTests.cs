using Microsoft.AspNetCore.Http;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Outbox;
using SlmOps.EdgeAgent.State;
using SlmOps.EdgeAgent.Tests.Fakes;

namespace SlmOps.EdgeAgent.Tests.Outbox;

public sealed class ReporterTests
{
    [Fact]
    public async Task Flush_ServiceRefusesOneReport_ItAloneIsDropped()
    {
        await using var bench = await Bench.StartAsync();
        bench.Service.OnReports = async context =>
        {
            context.Request.EnableBuffering();
            var batch = await System.Text.Json.JsonSerializer.DeserializeAsync(
                context.Request.Body,
                ContractsJson.Default.DeviceReportBatch);
            context.Request.Body.Position = 0;
            var refuse = batch!.Reports.Any(report => report.Inventory is not null);
            context.Response.StatusCode = refuse ? 400 : 200;
            return refuse;
        };
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good)));

        await bench.RunAsync();

        Assert.Equal(
            (DeviceState.Pending, DeviceState.Committed, 10),
            (bench.ReportedStates[0], bench.ReportedStates[^1], bench.ReportedStates.Count));
        Assert.DoesNotContain(bench.Service.Reports, report => report.Inventory is not null);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(408)]
    [InlineData(503)]
    [InlineData(500)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(405)]
    public async Task Flush_ServiceBusy_WaitsAndSendsInTheNextLife(int status)
    {
        await using var bench = await Bench.StartAsync();
        bench.Service.OnReports = context =>
        {
            (context.Response.StatusCode, context.Response.Headers.RetryAfter) = (status, "90");
            return Task.FromResult(true);
        };
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good)));
        var installed = await bench.RunAsync();
        Assert.Equal(DeviceState.Committed, installed.Deployment!.State); // reports hold up nothing
        Assert.Empty(bench.Service.Reports);
        Assert.Single(bench.Service.Requests, request => request.Path.EndsWith("/reports", StringComparison.Ordinal));

        bench.Service.OnReports = null;
        await bench.RunAsync();

        var seqs = bench.Service.Reports.Select(report => report.Seq).ToList();
        Assert.Equal(Enumerable.Range(0, 12).Select(step => seqs[0] + step), seqs); // ten states, two inventories
    }

    [Fact]
    public async Task Heartbeat_RepeatsWhereTheDeviceStands()
    {
        await using var bench = await Bench.StartAsync();
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good)));
        using var parts = bench.NewParts();
        var loop = bench.NewLoop(parts);
        loop.Recover();
        await loop.CycleAsync(TestContext.Current.CancellationToken);
        bench.Service.Reports.Clear();
        bench.Clock.Advance(TimeSpan.FromMinutes(6));

        await loop.CycleAsync(TestContext.Current.CancellationToken);

        var heartbeat = Assert.Single(bench.Service.Reports);
        Assert.NotNull(heartbeat.Inventory);
        Assert.Equal<(DeviceState, ModelVersion)>(
            (DeviceState.Committed, "1"),
            (heartbeat.Deployment!.State, heartbeat.Deployment.Version));
    }

    [Fact]
    public async Task Flush_ReceiptConfirmsLess_SendsTheRestAgain()
    {
        await using var bench = await Bench.StartAsync();
        var batches = new List<long>();
        bench.Service.OnReports = async context =>
        {
            var batch = await System.Text.Json.JsonSerializer.DeserializeAsync(
                context.Request.Body,
                ContractsJson.Default.DeviceReportBatch);
            batches.AddRange(batch!.Reports.Select(report => report.Seq));
            await context.Response.Body.WriteAsync(System.Text.Encoding.UTF8.GetBytes($"{{\"acceptedSeq\":{batch.Reports[0].Seq}}}"));
            return true;
        };
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good)));

        await bench.RunAsync();

        Assert.Equal(11, batches.Distinct().Count());
        Assert.True(batches.Count > 11);
    }

    [Fact]
    public async Task Flush_ReceiptConfirmsNothing_IsNoEndlessLoop()
    {
        await using var bench = await Bench.StartAsync();
        bench.Service.OnReports = async context =>
        {
            await context.Response.Body.WriteAsync("{\"acceptedSeq\":0}"u8.ToArray());
            return true;
        };
        using var parts = bench.NewParts(jitter: 0.5);
        bench.NewLoop(parts).Recover();

        await parts.Reporter.FlushAsync(TestContext.Current.CancellationToken);

        Assert.False(parts.Reporter.IsEmpty);
        Assert.Equal(bench.Clock.GetUtcNow().AddSeconds(1), parts.Reporter.NotBefore);
    }

    [Fact]
    public async Task Recover_OutboxAndStateLost_NumbersGoOnAboveTheOldOnes()
    {
        await using var bench = await Bench.StartAsync();
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good)));
        await bench.RunAsync();
        var last = bench.Service.Reports.Last().Seq;
        Directory.Delete(bench.Data, recursive: true);
        bench.Clock.Advance(TimeSpan.FromSeconds(1));

        await bench.RunAsync();

        Assert.All(bench.Service.Reports.Skip(11), report => Assert.True(report.Seq > last));
        Assert.Equal(22, bench.Service.Reports.Count);
    }
}
