using System.Text.Json;

namespace Rxelon.Hub.Config;

/// <summary>
/// <c>hub.json</c> in the data directory: how scripts find a running hub whose ports were picked. Written when everything
/// listens, by rename, and removed on an orderly stop; <c>pid</c> tells a left-over one.
/// </summary>
internal static class ReadyFile
{
    internal const string Name = "hub.json";

    internal static void Write(string directory, string httpUrl, string edgeHost, int edgePort, string adminSocket, string fingerprint)
    {
        var path = Path.Combine(directory, Name);
        File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(new
        {
            pid = Environment.ProcessId,
            httpUrl,
            edgeHost,
            edgePort,
            adminSocket,
            caFingerprint = fingerprint,
        }));
        File.Move(path + ".new", path, overwrite: true);
    }

    internal static void Remove(string directory) => File.Delete(Path.Combine(directory, Name));
}
