using System.Net;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Hub;

/// <summary>
/// Where a hub is, and by which certificate authority it is known: <c>https://host[:port][#fingerprint]</c>, the fingerprint
/// being the SHA-256 of the CA's public key (SPKI) in 64 hex digits. Plain http is accepted for this machine only.
/// </summary>
public sealed record HubAddress
{
    private const int FingerprintDigits = 64;

    private HubAddress(Uri url, string? fingerprint)
    {
        Url = url;
        Fingerprint = fingerprint;
    }

    /// <summary>Scheme, host and port; ends with a slash.</summary>
    public Uri Url { get; }

    /// <summary>Lower-case hex of the pinned CA, or null: the system's trusted authorities decide.</summary>
    public string? Fingerprint { get; }

    /// <summary>Parses the text; the fault says what is wrong with it.</summary>
    public static Outcome<HubAddress> Parse(string? text, string? fingerprint = null)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            return Refuse($"'{text}' is not a hub's address; write https://host:port.");
        var pin = url.Fragment.Length > 1 ? url.Fragment[1..] : fingerprint;
        pin = string.IsNullOrEmpty(pin) ? null : pin.ToLowerInvariant();
        if (pin is not null && (pin.Length != FingerprintDigits || pin.AsSpan().ContainsAnyExcept("0123456789abcdef")))
            return Refuse("The fingerprint behind '#' must be the 64 hex digits that the hub prints at start.");
        if (url.UserInfo.Length > 0)
            return Refuse("A hub's address carries no user name or password.");
        if (url.Scheme == "http" && !IsLoopback(url))
            return Refuse($"{url.Host} is not this machine: use https:// (with #fingerprint when the hub has its own authority).");
        return new HubAddress(new Uri(url.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/"), url.Scheme == "https" ? pin : null);
    }

    /// <summary>The text form, with the fingerprint when there is one.</summary>
    public override string ToString() => Url.ToString().TrimEnd('/') + (Fingerprint is null ? "" : $"#{Fingerprint}");

    private static bool IsLoopback(Uri url)
        => url.Host == "localhost" || (IPAddress.TryParse(url.DnsSafeHost, out var address) && IPAddress.IsLoopback(address));

    private static Fault Refuse(string message) => new(FaultCodes.Malformed, message, Culprit.Input);
}
