using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SlmOps.Contracts;

namespace SlmOps.Pipeline.Tests.Fleet.Calls;

/// <summary>Calls of devices and of those who would like to be one, by a seed; one in seven is honest.</summary>
internal sealed class ReportCases
{
    private const int Remembered = 300;
    private readonly ReportWorld _world;
    private readonly Random _random;
    private readonly Tokens _tokens;
    private readonly HonestReports _honest;
    private readonly BadBodies _bodies;
    private readonly List<(ReportCase Case, DateTimeOffset At)> _taken = [];
    private readonly (string Kind, Func<ReportCase> Make)[] _kinds;
    private int _fault;

    internal ReportCases(ReportWorld world, Random random)
    {
        (_world, _random) = (world, random);
        _tokens = new(world.Audience, random);
        _honest = new(random);
        _bodies = new(random);
        _kinds =
        [
            ("honest", Honest), ("honest", Honest), ("honest", Honest), ("honest", Honest), ("sent again", Again),
            ("late", Late), ("replayed", Replayed),
            ("replayed with another body", () => Replayed() with { Body = Bytes(Own(Somebody())) }),
            ("replayed under another signature", ReplayedOtherwise),
            ("no token", () => Refused([], 401, RefusalCodes.TokenMissing)),
            ("no bearer", () => Refused(["Basic YTpi"], 401, RefusalCodes.TokenMissing)),
            ("two tokens", () => Refused([Good(Somebody()), Good(Somebody())], 401, RefusalCodes.TokenMissing)),
            ("huge header", () => Refused(["Bearer " + new string('a', 9000)], 401, RefusalCodes.TokenMissing)),
            ("no such token", () => Refused(["Bearer " + NoToken()], 401, RefusalCodes.TokenMalformed)),
            ("unsigned", () => Forged((_, claims) => Tokens.Unsigned(claims), RefusalCodes.TokenMalformed)),
            ("signed with the public key",
                () => Forged((device, claims) => Tokens.SignShared(claims, device.Key), RefusalCodes.TokenMalformed)),
            ("other algorithm", () => Forged((device, claims) => Tokens.Sign(claims, device.Key, "ES384"), RefusalCodes.TokenMalformed)),
            ("odd claims", OddClaims),
            ("signed by another", () => Forged((device, claims) => Tokens.Sign(claims, Other(device).Key), RefusalCodes.TokenSignature)),
            ("other claims under a signature", Swapped),
            ("unknown device", Unknown),
            ("other fleet", () => Timed(RefusalCodes.TokenAudience, claims => claims["aud"] = "slmops:another")),
            ("lives too long", () => Timed(RefusalCodes.TokenLife, claims => claims["exp"] = (long)claims["iat"]! + 301)),
            ("ends at its start", () => Timed(RefusalCodes.TokenLife, claims => claims["exp"] = (long)claims["iat"]! - _random.Next(99))),
            ("early", () => Timed(RefusalCodes.TokenEarly, claims => Shift(claims, _random.Next(62, 100_000)))),
            ("expired", () => Timed(RefusalCodes.TokenExpired, claims => Shift(claims, -_random.Next(182, 100_000)))),
            ("revoked", () => Shut("revoked-1", 403, RefusalCodes.DeviceRevoked)),
            ("certificate ended", () => Shut("ended-1", 401, RefusalCodes.CertificateExpired)),
            ("other device's address", OtherAddress),
            ("no address", () => Honest() with { Address = NoName(), LetIn = null, Status = 400, Code = "name" }),
            ("other device's report", () => Bad(device => Field(device, "deviceId", Other(device).Id.ToString()))),
            ("other channel's report", () => Bad(device => Field(device, "channel", OtherChannel(device)))),
            ("future", () => Bad(device => Field(device, "seq", Future(device)))),
            ("bad field", BadField), ("bad field", BadField), ("bad field", BadField), ("bad field", BadField),
            ("bad batch", () => Bad(_ => _bodies.Batch())),
            ("bad JSON", () => Bad(device => _bodies.Json(Bytes(Own(device))))),
            ("oversized", () => Oversized() with { Status = 413, Code = "too-large", Field = null }),
            ("oversized in chunks", () => Oversized() with { TellsLength = false, Status = 413, Code = "too-large", Field = null }),
            ("large report", () => Bad(device => _bodies.LargeReport(Own(device)))),
            ("changed bytes", ChangedBytes),
        ];
    }

    internal IEnumerable<string> Kinds => _kinds.Select(kind => kind.Kind).Distinct();

    internal ReportCase Next()
    {
        var (kind, make) = _kinds[_random.Next(_kinds.Length)];
        var made = make() with { Kind = kind };
        if (made.Status == 200 && made.Authorization.Count == 1 && !made.MayBeTaken)
        {
            _taken.Add((made, _world.Clock.GetUtcNow()));
            _taken.RemoveRange(0, Math.Max(0, _taken.Count - Remembered));
        }

        return made;
    }

    private DateTimeOffset Now => _world.Clock.GetUtcNow();

    private CampaignDevice Somebody() => _world.LetIn[_random.Next(_world.LetIn.Count)];

    private CampaignDevice Other(CampaignDevice than) =>
        _world.LetIn.Where(device => device != than).ElementAt(_random.Next(_world.LetIn.Count - 1));

    private string OtherChannel(CampaignDevice device) =>
        Other(device) is var other && other.Channel != device.Channel ? other.Channel : "none";

    private string Good(CampaignDevice device) => "Bearer " + Tokens.Sign(_tokens.Claims(device.Id, Now), device.Key);

    private List<DeviceReport> Own(CampaignDevice device) => _honest.Batch(device, Now);

    /// <summary>A call that is to be taken.</summary>
    internal ReportCase Honest() => Of(Somebody());

    private ReportCase Of(CampaignDevice device, List<DeviceReport>? reports = null)
    {
        reports ??= Own(device);
        return new()
        {
            Kind = "",
            Address = device.Id,
            Authorization = [Good(device)],
            Body = Bytes(reports),
            TellsLength = _random.Next(2) == 0,
            LetIn = device,
            Reports = reports,
        };
    }

    /// <summary>The answer was lost: the same reports come once more, with a new token.</summary>
    private ReportCase Again()
    {
        var device = Somebody();
        return device.Sent.Count == 0 ? Of(device) : Of(device, [device.Sent[_random.Next(device.Sent.Count)]]);
    }

    /// <summary>A report that was overtaken.</summary>
    private ReportCase Late()
    {
        var device = Somebody();
        return Of(device, [_honest.Report(device, _random.NextInt64(1, Math.Max(2, device.LastSeq)), Now)]);
    }

    private ReportCase Replayed()
    {
        if (_taken.Count == 0)
        {
            return Refused([], 401, RefusalCodes.TokenMissing);
        }

        var (taken, at) = _taken[_random.Next(_taken.Count)];
        var isOver = at + TimeSpan.FromMinutes(2) <= Now - TimeSpan.FromMinutes(1) - TimeSpan.FromSeconds(at.Millisecond / 1000.0);
        return taken with
        {
            LetIn = null,
            Status = 401,
            Code = isOver ? RefusalCodes.TokenExpired : RefusalCodes.TokenReplayed,
        };
    }

    private ReportCase ReplayedOtherwise()
    {
        var replayed = Replayed();
        return replayed.Authorization is [{ } header]
            ? replayed with { Authorization = ["Bearer " + Tokens.OtherSignature(header[7..])] }
            : replayed;
    }

    private ReportCase Refused(IReadOnlyList<string> authorization, int status, string code) =>
        Honest() with { Authorization = authorization, LetIn = null, Status = status, Code = code };

    private ReportCase Forged(Func<CampaignDevice, JsonObject, string> forge, string code)
    {
        var device = _world.LetIn[0];
        return Of(device) with
        {
            Authorization = ["Bearer " + forge(device, _tokens.Claims(device.Id, Now))],
            LetIn = null,
            Status = 401,
            Code = code,
        };
    }

    private ReportCase OddClaims() => Forged(
        (device, claims) =>
        {
            (string Claim, JsonNode? Value)[] odd =
            [
                ("aud", new JsonArray(_world.Audience, "slmops:b")), ("aud", ""), ("exp", "soon"), ("exp", null), ("iat", 1e300),
                ("iat", new JsonArray()), ("iss", "cam-8"), ("iss", null), ("jti", "short"), ("jti", new string('j', 129)),
                ("sub", "../cam"), ("sub", new string('s', 65)), ("sub", null),
            ];
            var (claim, value) = odd[_random.Next(odd.Length)];
            claims[claim] = value;
            if (claim == "sub")
            {
                claims["iss"] = value?.DeepClone();
            }

            return Tokens.Sign(claims, device.Key);
        },
        RefusalCodes.TokenMalformed);

    private ReportCase Swapped()
    {
        var (signer, victim) = (_world.LetIn[1], _world.LetIn[2]);
        var token = Tokens.Sign(_tokens.Claims(signer.Id, Now), signer.Key);
        return Of(victim) with
        {
            Authorization = ["Bearer " + Tokens.Swap(token, _tokens.Claims(victim.Id, Now))],
            LetIn = null,
            Status = 401,
            Code = RefusalCodes.TokenSignature,
        };
    }

    private ReportCase Unknown()
    {
        var name = $"made-up-{_random.Next()}";
        return Of(Somebody()) with
        {
            Address = name,
            Authorization = ["Bearer " + Tokens.Sign(_tokens.Claims(name, Now), Somebody().Key)],
            LetIn = null,
            Status = 401,
            Code = RefusalCodes.DeviceUnknown,
        };
    }

    private ReportCase Timed(string code, Action<JsonObject> change) => Forged(
        (device, claims) =>
        {
            change(claims);
            return Tokens.Sign(claims, device.Key);
        },
        code);

    private static void Shift(JsonObject claims, long seconds)
    {
        claims["iat"] = (long)claims["iat"]! + seconds;
        claims["exp"] = (long)claims["exp"]! + seconds;
    }

    private ReportCase Shut(string id, int status, string code) =>
        Of(_world.Devices.Single(device => device.Id == id)) with { LetIn = null, Status = status, Code = code };

    private ReportCase OtherAddress()
    {
        var device = Somebody();
        return Of(device) with { Address = Other(device).Id, LetIn = null, Status = 403, Code = RefusalCodes.OtherDevice };
    }

    /// <summary>A device that may come in, with something that it may not say.</summary>
    private ReportCase Bad(Func<CampaignDevice, (byte[] Body, string Field)> make)
    {
        var device = Somebody();
        var (body, field) = make(device);
        return Of(device) with { Body = body, Status = 400, Code = "report-refused", Field = field };
    }

    private (byte[] Body, string Field) Field(CampaignDevice device, string path, JsonNode? value)
    {
        var reports = Own(device);
        var at = _random.Next(reports.Count);
        reports[at] = reports[at] with { Seq = Math.Max(1, device.LastSeq) };
        return BadBodies.With(reports, at, path, value);
    }

    private long Future(CampaignDevice device) =>
        Math.Max(device.LastSeq, Now.ToUnixTimeMilliseconds()) + ReportLimits.SeqAhead + _random.NextInt64(1, 1L << 40);

    private ReportCase BadField() => Bad(device =>
    {
        // One after the other, so that each has its turn.
        var (path, value) = FieldFaults.All[_fault++ % FieldFaults.All.Count];
        var reports = Own(device);
        var at = _random.Next(reports.Count);
        reports[at] = BadBodies.Full(reports[at]);
        return BadBodies.With(reports, at, path, value());
    });

    private ReportCase Oversized() => Bad(device =>
    {
        var honest = Bytes(Own(device));
        var padded = new byte[ReportLimits.BatchBytes + 1 + _random.Next(1000)];
        padded.AsSpan().Fill((byte)' ');
        honest.AsSpan(0, Math.Min(honest.Length, padded.Length)).CopyTo(padded);
        return (padded, "");
    });

    private ReportCase ChangedBytes()
    {
        var device = Somebody();
        var body = Bytes(Own(device));
        for (var changes = _random.Next(1, 4); changes > 0; changes--)
        {
            body[_random.Next(body.Length)] = (byte)_random.Next(256);
        }

        return Of(device) with { Body = body, Reports = [], MayBeTaken = true, Status = 400, Code = "report-refused", Field = "*" };
    }

    private string NoName()
    {
        string[] odd = ["..", "a/b", "A", "-", "", " ", "é", "a..b", "%2e%2e", "a\0b", "{}", "..."];
        return _random.Next(2) == 0 ? odd[_random.Next(odd.Length)] : new string('x', _random.Next(65, 4000));
    }

    private string NoToken()
    {
        string[] odd = ["a", "a.b.c", "..", "e30.e30.e30", "eyJhbGciOiJFUzI1NiJ9.e30.", "a.b.c.d.e", "slmk_0123456789ab_secret"];
        return _random.Next(2) == 0 ? odd[_random.Next(odd.Length)] : new string('x', _random.Next(65, 8000));
    }

    private static byte[] Bytes(IReadOnlyList<DeviceReport> reports) =>
        JsonSerializer.SerializeToUtf8Bytes(new DeviceReportBatch(reports), ContractsJson.Default.DeviceReportBatch);
}
