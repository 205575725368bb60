using System.Formats.Tar;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Docker.DotNet;

namespace Rxelon.Node.Executors.Docker;

/// <summary>
/// Reads an image back from the engine and compares it with its digest. The engine checks layers when they come, not afterwards; an
/// export makes it put every layer together again from its files, and what comes out is hashed here. Formats: docker save (a
/// configuration file and <c>layer.tar</c> files) and the OCI layout (blobs by digest); either way every file's SHA-256 is compared with
/// what the image's configuration or manifest names.
/// </summary>
internal static class ImageContent
{
    private const int MaxDocument = 4 << 20;
    private const int BufferSize = 128 << 10;

    /// <summary>
    /// The digest in the image's name when everything is what it names; another digest when something is not. What keeps the engine from
    /// answering at all is thrown.
    /// </summary>
    internal static async Task<byte[]> MeasureAsync(IDockerClient engine, string name, string id, CancellationToken cancel)
    {
        var expected = Convert.FromHexString(name["sha256:".Length..]);
        try
        {
            // Buffered: the tar reader asks for no bytes at the end of each entry, which Docker.DotNet's stream takes for a line that was cut.
            var archive = new BufferedStream(await engine.Images.SaveImageAsync(id, cancel).ConfigureAwait(false), BufferSize);
            await using (archive.ConfigureAwait(false))
            {
                var (digests, documents) = await ReadAsync(archive, cancel).ConfigureAwait(false);
                return IsWhole(id["sha256:".Length..], digests, documents) ? expected : Fold(digests);
            }
        }
        catch (DockerApiException e) when (e.StatusCode == HttpStatusCode.InternalServerError
            && !e.Message.Contains("no space left", StringComparison.OrdinalIgnoreCase))
        {
            // The engine has the image and cannot put it together again: a layer's file is missing or is not what it was.
            return SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(e.Message));
        }
    }

    /// <summary>True when the document of that digest is there and so is everything it names, as deep as it goes.</summary>
    internal static bool IsWhole(string digest, IReadOnlySet<string> digests, IReadOnlyDictionary<string, byte[]> documents)
    {
        if (!digests.Contains(digest))
            return false;
        if (!documents.TryGetValue(digest, out var text) || Parse(text) is not { } document)
            return true;
        using (document)
        {
            var root = document.RootElement;
            List<string> named = [];
            if (root.TryGetProperty("rootfs", out var rootfs) && rootfs.TryGetProperty("diff_ids", out var layers))
                named.AddRange(layers.EnumerateArray().Select(l => l.GetString()!));
            if (root.TryGetProperty("config", out var config) && config.ValueKind == JsonValueKind.Object && config.TryGetProperty("digest", out var configured)
                && root.TryGetProperty("layers", out var blobs))
            {
                // A manifest names compressed layers: their configuration's uncompressed ones are not in the archive.
                named.AddRange(blobs.EnumerateArray().Select(b => b.GetProperty("digest").GetString()!));
                return named.Append(configured.GetString()!).All(n => digests.Contains(Hex(n)));
            }

            return named.Count > 0
                ? named.All(n => digests.Contains(Hex(n)))
                : root.TryGetProperty("manifests", out var manifests)
                    && manifests.EnumerateArray().Any(m => IsWhole(Hex(m.GetProperty("digest").GetString()!), digests, documents));
        }
    }

    private static async Task<(HashSet<string> Digests, Dictionary<string, byte[]> Documents)> ReadAsync(Stream archive, CancellationToken cancel)
    {
        var digests = new HashSet<string>(StringComparer.Ordinal);
        var documents = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var tar = new TarReader(archive);
        await using (tar.ConfigureAwait(false))
        {
            while (await tar.GetNextEntryAsync(copyData: false, cancel).ConfigureAwait(false) is { } entry)
            {
                if (entry.DataStream is not { } data)
                    continue;
                if (entry.Length <= MaxDocument)
                {
                    using var copy = new MemoryStream();
                    await data.CopyToAsync(copy, cancel).ConfigureAwait(false);
                    var digest = Convert.ToHexStringLower(SHA256.HashData(copy.ToArray()));
                    digests.Add(digest);
                    documents[digest] = copy.ToArray();
                }
                else
                {
                    digests.Add(Convert.ToHexStringLower(await SHA256.HashDataAsync(data, cancel).ConfigureAwait(false)));
                }
            }
        }

        return (digests, documents);
    }

    private static JsonDocument? Parse(byte[] text)
    {
        try
        {
            var document = JsonDocument.Parse(text);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return document;
            document.Dispose();
            return null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Hex(string digest) => digest[(digest.IndexOf(':', StringComparison.Ordinal) + 1)..];

    private static byte[] Fold(IEnumerable<string> digests)
        => SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(string.Join('\n', digests.Order(StringComparer.Ordinal))));
}
