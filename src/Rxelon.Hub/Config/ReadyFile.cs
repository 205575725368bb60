using System.Text.Json;
using Rxelon.Hub.Admin;
using Rxelon.Link.Certificates;

namespace Rxelon.Hub.Config;

/// <summary>
/// <c>hub.json</c> in the data directory, there while the hub is ready, so that scripts find ports that the system picked:
/// pid, httpUrl, edgeHost, edgePort, adminSocket, caFingerprint. It holds nothing secret; <c>pid</c> tells a left-over one.
/// </summary>
internal static class ReadyFile
{
    internal static void Write(HubOptions options, HubAddresses addresses, string fingerprint)
        => PrivateFile.Write(PathOf(options), JsonSerializer.SerializeToUtf8Bytes(new
        {
            pid = Environment.ProcessId,
            httpUrl = addresses.HttpUrl,
            edgeHost = options.EdgePublicHost,
            edgePort = addresses.EdgePort,
            adminSocket = Path.Combine(options.DataDirectory, AdminHosting.SocketName),
            caFingerprint = fingerprint,
        }));

    internal static void Delete(HubOptions options) => File.Delete(PathOf(options));

    private static string PathOf(HubOptions options) => Path.Combine(options.DataDirectory, "hub.json");
}
