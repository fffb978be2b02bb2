using Microsoft.Extensions.Configuration;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Tests;

public sealed class PipelineOptionsTests
{
    [Fact]
    public void Bind_KeysAlone_GivesTheDefaults()
    {
        var options = Bind(
            ("ReleaseKey", "release.pem"), ("DirectorKey", "https://vault/keys/director"), ("OnlineKey", "online.pem"),
            ("FleetKey", "fleet.pem"));

        Assert.Equal(
            new PipelineOptions
            {
                ReleaseKey = "release.pem",
                DirectorKey = "https://vault/keys/director",
                OnlineKey = "online.pem",
                FleetKey = "fleet.pem",
            },
            options);
        Assert.Equal(
            (32L << 30, 32L << 30, 256, 16 << 20),
            (options.MaxFileBytes, options.MaxUploadBytes, options.MaxUploadFiles, options.MaxTextBytes));
        Assert.Equal((1, 7, false), (options.Threads, options.ChannelDays, options.CreateStorage));
    }

    [Fact]
    public void Bind_EverySetting_IsTaken() =>
        Assert.Equal(
            new PipelineOptions
            {
                WorkFolder = "w",
                MaxFileBytes = 1,
                MaxUploadBytes = 2,
                MaxUploadFiles = 3,
                MaxTextBytes = 1024,
                MaxWaitSeconds = 30,
                Threads = 5,
                RunMemoryBytes = 16 << 20,
                MaxRunSeconds = 10,
                MaxRunFileBytes = 1 << 20,
                MaxPredictionBytes = 11,
                ChannelDays = 6,
                CreateStorage = true,
                KeepReleases = 8,
                GarbageGraceHours = 9,
                ReleaseKey = "r",
                DirectorKey = "d",
                OnlineKey = "o",
                FleetKey = "f",
                RootFolder = "roots",
            },
            Bind(
                ("WorkFolder", "w"),
                ("MaxFileBytes", "1"),
                ("MaxUploadBytes", "2"),
                ("MaxUploadFiles", "3"),
                ("MaxTextBytes", "1024"),
                ("MaxWaitSeconds", "30"),
                ("Threads", "5"),
                ("RunMemoryBytes", "16777216"),
                ("MaxRunSeconds", "10"),
                ("MaxRunFileBytes", "1048576"),
                ("MaxPredictionBytes", "11"),
                ("ChannelDays", "6"),
                ("CreateStorage", "true"),
                ("KeepReleases", "8"),
                ("GarbageGraceHours", "9"),
                ("ReleaseKey", "r"),
                ("DirectorKey", "d"),
                ("OnlineKey", "o"),
                ("FleetKey", "f"),
                ("RootFolder", "roots")));

    [Fact]
    public void Bind_EverySettingWrong_SaysAllInOneMessage()
    {
        var fault = Assert.Throws<InvalidOperationException>(() => Bind(
            ("WorkFolder", ""), ("MaxFileBytes", "0"), ("MaxUploadBytes", "-1"), ("MaxUploadFiles", "5000"), ("MaxTextBytes", "10"),
            ("Threads", "0"), ("ChannelDays", "366"), ("KeepReleases", "0"), ("GarbageGraceHours", "1")));

        Assert.All(
            [
                "WorkFolder",
                "MaxFileBytes",
                "MaxUploadBytes",
                "MaxUploadFiles",
                "MaxTextBytes",
                "Threads",
                "ChannelDays",
                "KeepReleases",
                "GarbageGraceHours",
                "ReleaseKey",
                "DirectorKey",
                "OnlineKey",
                "FleetKey",
            ],
            name => Assert.Contains($"SlmOps:{name}: ", fault.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Bind_NothingSet_AsksForTheKeysAlone()
    {
        var fault = Assert.Throws<InvalidOperationException>(() => Bind());

        Assert.Equal(
            "The configuration is not usable: SlmOps:ReleaseKey: name a PEM file or a Key Vault key; SlmOps:DirectorKey: name a PEM file "
                + "or a Key Vault key; SlmOps:OnlineKey: name a PEM file or a Key Vault key; SlmOps:FleetKey: name a PEM file "
                + "or a Key Vault key.",
            fault.Message);
    }

    [Fact]
    public void Bind_TextForANumber_NamesTheSetting() =>
        Assert.Contains(
            "SlmOps:Threads",
            Assert
                .Throws<InvalidOperationException>(() =>
                    Bind(("ReleaseKey", "r"), ("DirectorKey", "d"), ("OnlineKey", "o"), ("FleetKey", "f"), ("Threads", "many")))
                .Message,
            StringComparison.Ordinal);

    private static PipelineOptions Bind(params (string Key, string Value)[] settings) => PipelineOptions.Bind(
        new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"SlmOps:{setting.Key}", (string?)setting.Value)))
            .Build());
}
