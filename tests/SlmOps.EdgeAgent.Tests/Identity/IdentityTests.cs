using System.Net;
using Microsoft.AspNetCore.Http;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Tests.Fakes;

namespace SlmOps.EdgeAgent.Tests.Identity;

public sealed class IdentityTests
{
    private const string Enroll = "/api/v1/enroll";

    [Fact]
    public async Task Run_NewDevice_EnrolsOnceAndKeepsItsKeyToItself()
    {
        await using var bench = await Bench.StartAsync();
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good)));

        await bench.RunAsync();
        await bench.RunAsync();

        var enrolment = Assert.Single(bench.Service.Enrolments);
        Assert.Equal(("d-1", "stable", "the-token"), (enrolment.DeviceId, enrolment.Channel, enrolment.Token));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(bench.Folder.IdentityKey));
        }

        var tokens = bench.Service.Requests.Select(request => request.Key).OfType<string>().ToList();
        Assert.Distinct(tokens);
    }

    [Fact]
    public async Task Run_WithoutAToken_GoesOnAndSaysHowToGetOne()
    {
        await using var bench = await Bench.StartAsync();

        await bench.RunAsync(bench.Options with { Token = null });

        Assert.Empty(bench.Service.Enrolments);
        Assert.Contains(bench.Log.All, line => line.Contains("slmops device token", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(-400)]
    [InlineData(400)]
    public async Task Run_ClockIsOff_LearnsTheTimeAndGoesOn(int days)
    {
        await using var bench = await Bench.StartAsync();
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good)));
        await bench.RunAsync();
        var right = bench.Clock.GetUtcNow().AddDays(days);
        bench.Service.Reports.Clear();
        bench.Service.OnCall = context =>
        {
            context.Response.Headers.Date = $"{right:R}";
            var iat = Claim(context.Request.Headers.Authorization.ToString(), "iat");
            return iat is null || Math.Abs(iat.Value - right.ToUnixTimeSeconds()) < 60
                ? null
                : (401, iat > right.ToUnixTimeSeconds() ? RefusalCodes.TokenEarly : RefusalCodes.TokenExpired);
        };

        await bench.RunAsync();

        Assert.NotEmpty(bench.Service.Reports);
        Assert.All(bench.Service.Reports, report => Assert.True(report.Time <= right.AddSeconds(1)));
        Assert.Contains(bench.Log.All, line => line.Contains("clock is off", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(RefusalCodes.DeviceUnknown)]
    [InlineData(RefusalCodes.TokenSignature)]
    [InlineData(RefusalCodes.CertificateExpired)]
    public async Task Run_ServiceDoesNotKnowIt_EnrolsAgain(string code)
    {
        await using var bench = await Bench.StartAsync();
        await bench.RunAsync();
        var refusing = true;
        bench.Service.OnCall = context =>
        {
            refusing &= context.Request.Path != Enroll;
            return refusing ? (401, code) : null;
        };
        using (var parts = bench.NewParts())
        {
            var loop = bench.NewLoop(parts);
            loop.Recover();
            await loop.CycleAsync(CancellationToken.None);
            await loop.CycleAsync(CancellationToken.None);
        }

        Assert.Equal(2, bench.Service.Enrolments.Count);
        Assert.Equal("the-token", bench.Service.Enrolments.Last().Token);
    }

    [Fact]
    public async Task Run_AnotherAgentEnrolsUnderItsIdAgainAndAgain_WaitsLongerEachTimeAndSaysSo()
    {
        await using var bench = await Bench.StartAsync();
        bench.Service.OnCall = context => context.Request.Path == Enroll ? null : (401, RefusalCodes.TokenSignature);
        using var parts = bench.NewParts(jitter: 0.5);
        var loop = bench.NewLoop(parts);
        loop.Recover();
        List<int> enrolments = [];
        for (var second = 0; second < 8; second++)
        {
            await loop.CycleAsync(TestContext.Current.CancellationToken);
            await loop.CycleAsync(TestContext.Current.CancellationToken);
            enrolments.Add(bench.Service.Enrolments.Count);
            bench.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        // Half of at most 4 s, then of at most 8 s.
        Assert.Equal([1, 1, 2, 2, 2, 2, 3, 3], enrolments);
        Assert.Contains(bench.Log.All, line => line.Contains("another agent enrolled as 'd-1' since", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_CertificateNearItsEnd_IsRenewedWithItself()
    {
        await using var bench = await Bench.StartAsync();
        bench.Service.Certificates = (Bench.Start, TimeSpan.FromDays(90));
        await bench.RunAsync();
        bench.Clock.Advance(TimeSpan.FromDays(61));
        bench.Service.Certificates = (bench.Clock.GetUtcNow(), TimeSpan.FromDays(90));

        await bench.RunAsync(bench.Options with { Token = null });

        Assert.Equal(["the-token", null], bench.Service.Enrolments.Select(one => one.Token));
        Assert.Equal(2, bench.Service.Enrolments.Select(one => one.Request).Count());
        Assert.StartsWith("Bearer ", bench.Service.Requests.Last(request => request.Path == Enroll).Key, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_KeyThatOthersCanRead_IsPutAsideForANewOne()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no mode bits.");
        await using var bench = await Bench.StartAsync();
        await bench.RunAsync();
        var before = await File.ReadAllTextAsync(bench.Folder.IdentityKey, TestContext.Current.CancellationToken);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(bench.Folder.IdentityKey, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        }

        await bench.RunAsync();

        Assert.NotEqual(before, await File.ReadAllTextAsync(bench.Folder.IdentityKey, TestContext.Current.CancellationToken));
        Assert.Equal(2, bench.Service.Enrolments.Count);
    }

    [Fact]
    public async Task Run_ReportsNumberedByAClockAhead_AreNumberedAnew()
    {
        await using var bench = await Bench.StartAsync();
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good)));
        var right = Bench.Start.AddDays(-300);
        bench.Service.Certificates = (right, TimeSpan.FromDays(3650));
        bench.Service.OnCall = context =>
        {
            context.Response.Headers.Date = $"{right:R}";
            var iat = Claim(context.Request.Headers.Authorization.ToString(), "iat");
            return iat > right.ToUnixTimeSeconds() + 60 ? (401, RefusalCodes.TokenEarly) : null;
        };
        bench.Service.OnReports = async context =>
        {
            var batch = await Service.PeekAsync(context);
            if (batch.Reports.All(report => report.Seq < right.AddDays(1).ToUnixTimeMilliseconds()))
            {
                return false;
            }

            context.Response.StatusCode = (int)HttpStatusCode.BadRequest;
            await context.Response.WriteAsync("""{"code":"report-refused","field":"reports[0].seq","detail":"too high"}""");
            return true;
        };

        var state = await bench.RunAsync();

        Assert.Equal(DeviceState.Committed, bench.ReportedStates[^1]);
        Assert.Equal(bench.Service.Reports.Last().Seq, state.LastSeq);
        var seqs = bench.Service.Reports.Select(report => report.Seq).ToList();
        Assert.Equal(seqs.Order().Distinct(), seqs);
        Assert.True(DurableFile.Read(bench.Folder.Outbox, 1 << 20) is { Length: < 100 });
    }

    private static long? Claim(string header, string name)
    {
        if (header.Split('.') is not [_, var claims, _])
        {
            return null;
        }

        using var json = System.Text.Json.JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(claims));
        return json.RootElement.GetProperty(name).GetInt64();
    }
}
