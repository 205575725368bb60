using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Rxelon.Node.Tests.Docker;

/// <summary>An image as it comes with a task (docs/design/sandboxes.md), made by hand: busybox in one layer, a file in the next.</summary>
internal sealed class ImageTar
{
    internal ImageTar(string secret)
    {
        Layers =
        [
            Tar(("bin/busybox", File.ReadAllBytes(BusyboxImage.Program)), ("bin/sh", null)),
            Tar(("secret", Encoding.UTF8.GetBytes(secret))),
        ];
        Config = JsonSerializer.SerializeToUtf8Bytes(new
        {
            architecture = "amd64",
            os = "linux",
            config = new { Cmd = (string[])["/bin/sh"] },
            rootfs = new { type = "layers", diff_ids = Layers.Select(Digest).ToArray() },
        });
    }

    internal byte[][] Layers { get; set; }

    internal byte[] Config { get; set; }

    internal string Id => Digest(Config);

    internal static string Digest(byte[] bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>The archive; tags in its manifest and further entries are what an attacker would add.</summary>
    internal Stream Open(string? tag = null, params (string Name, byte[]? Data)[] more)
    {
        var manifest = JsonSerializer.SerializeToUtf8Bytes(new[]
        {
            new { Config = "config.json", RepoTags = tag is null ? null : new[] { tag }, Layers = Layers.Select((_, i) => $"layer-{i}.tar").ToArray() },
        });
        return new MemoryStream(Tar([("manifest.json", manifest), ("config.json", Config), .. Layers.Select((l, i) => ($"layer-{i}.tar", (byte[]?)l)), .. more]));
    }

    /// <summary>Files; one without data is a link to busybox.</summary>
    private static byte[] Tar(params (string Name, byte[]? Data)[] files)
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var (name, data) in files)
            {
                tar.WriteEntry(data is null
                    ? new PaxTarEntry(TarEntryType.SymbolicLink, name) { LinkName = "busybox", ModificationTime = DateTimeOffset.UnixEpoch }
                    : new PaxTarEntry(TarEntryType.RegularFile, name)
                    {
                        DataStream = new MemoryStream(data),
                        Mode = (UnixFileMode)0b111_101_101,
                        ModificationTime = DateTimeOffset.UnixEpoch,
                    });
            }
        }

        return bytes.ToArray();
    }
}
