namespace SlmOps.Contracts;

/// <summary>What a device sends to become one of the fleet, or to renew its certificate: <c>POST /api/v1/enroll</c>.</summary>
/// <param name="DeviceId">Device id, a <see cref="SafeName"/>; the subject of the request below.</param>
/// <param name="Channel">Channel it follows.</param>
/// <param name="Token">What an operator gave it to come in with; null to renew, which the device's own token allows.</param>
/// <param name="Request">PKCS#10 certificate request of its P-256 key, DER in Base64.</param>
public sealed record EnrolmentRequest(string DeviceId, string Channel, string? Token, string Request)
{
    /// <summary>Most bytes of the whole as JSON.</summary>
    public const int MaxBytes = 16 << 10;
}

/// <summary>What a device gets.</summary>
/// <param name="Channel">Channel it follows.</param>
/// <param name="Certificate">Its certificate, DER in Base64.</param>
/// <param name="Authority">The certificate of the fleet's authority, which signed it, DER in Base64.</param>
/// <param name="Audience">The service, as the device's tokens must name it.</param>
/// <param name="RenewAt">From when on the certificate is to be renewed.</param>
/// <param name="NotAfter">When it ends.</param>
public sealed record EnrolmentAnswer(
    string Channel, string Certificate, string Authority, string Audience, DateTimeOffset RenewAt, DateTimeOffset NotAfter);

/// <summary>The part of a refusal (problem details) that a device acts on.</summary>
/// <param name="Code">One of <see cref="RefusalCodes"/>, or another.</param>
/// <param name="Field">The field of a report at fault, or null.</param>
/// <param name="Detail">The refusal in one sentence.</param>
public sealed record DeviceRefusal(string? Code, string? Field, string? Detail);

/// <summary>Codes with which a device is not let in.</summary>
public static class RefusalCodes
{
    /// <summary>401: no token was sent.</summary>
    public const string TokenMissing = "token-missing";

    /// <summary>401: it is no ES256 token with subject, issuer, audience, times and id.</summary>
    public const string TokenMalformed = "token-malformed";

    /// <summary>401: no such device was enrolled, or its record is gone; it must enrol.</summary>
    public const string DeviceUnknown = "device-unknown";

    /// <summary>401: another key signed it than was enrolled; the device must enrol.</summary>
    public const string TokenSignature = "token-signature";

    /// <summary>401: it is for another service; the device must enrol.</summary>
    public const string TokenAudience = "token-audience";

    /// <summary>401: it would live longer than five minutes.</summary>
    public const string TokenLife = "token-life";

    /// <summary>401: it has ended. The answer's date tells the time.</summary>
    public const string TokenExpired = "token-expired";

    /// <summary>401: it was made in the future. The answer's date tells the time.</summary>
    public const string TokenEarly = "token-early";

    /// <summary>401: it was used before.</summary>
    public const string TokenReplayed = "token-replayed";

    /// <summary>401: the certificate has ended; the device must enrol.</summary>
    public const string CertificateExpired = "certificate-expired";

    /// <summary>403: an operator revoked the device.</summary>
    public const string DeviceRevoked = "device-revoked";

    /// <summary>403: a device speaks for itself alone.</summary>
    public const string OtherDevice = "other-device";

    /// <summary>403: a device reads its own channel alone.</summary>
    public const string OtherChannel = "other-channel";
}
