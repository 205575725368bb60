using System.Text.Json;
using Rxelon.Hub.Admin;
using Rxelon.Link.Certificates;

namespace Rxelon.Hub.Config;

/// <summary>
/// <c>hub.json</c> in the data directory: <c>{"pid":…,"httpUrl":"…","edgePort":…,"adminSocket":"…"}</c>, there while the hub is
/// ready, so that scripts find ports that the system picked. It holds nothing secret.
/// </summary>
internal static class ReadyFile
{
    internal static void Write(HubOptions options, HubAddresses addresses)
        => PrivateFile.Write(PathOf(options), JsonSerializer.SerializeToUtf8Bytes(new
        {
            pid = Environment.ProcessId,
            httpUrl = addresses.HttpUrl,
            edgePort = addresses.EdgePort,
            adminSocket = Path.Combine(options.DataDirectory, AdminHosting.SocketName),
        }));

    internal static void Delete(HubOptions options) => File.Delete(PathOf(options));

    private static string PathOf(HubOptions options) => Path.Combine(options.DataDirectory, "hub.json");
}
