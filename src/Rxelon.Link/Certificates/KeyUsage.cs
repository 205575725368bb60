namespace Rxelon.Link.Certificates;

/// <summary>Extended key usages (RFC 5280 §4.2.1.12): a node's certificate cannot pose as a server, nor a server's as a node.</summary>
internal static class KeyUsage
{
    internal const string ServerAuth = "1.3.6.1.5.5.7.3.1";
    internal const string ClientAuth = "1.3.6.1.5.5.7.3.2";
}
