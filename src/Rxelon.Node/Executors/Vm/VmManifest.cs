using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rxelon.Node.Executors.Vm;

/// <summary>One file of an image.</summary>
/// <param name="Digest"><c>sha256:</c> and 64 hex digits.</param>
/// <param name="Size">Bytes.</param>
internal sealed record VmFile(string Digest, long Size);

/// <summary>
/// What an image consists of (docs/design/vm.md). The image's name is the SHA-256 of the bytes that this is read from.
/// </summary>
internal sealed record VmManifest
{
    internal const string FileName = "manifest.json";
    internal const int MostBytes = 64 * 1024;

    private const int Known = 1;
    private const int LongestAppend = 1024;

    public required int Version { get; init; }

    /// <summary>What the image's init speaks.</summary>
    public required int Protocol { get; init; }

    /// <summary>The kernel's command line.</summary>
    public string Append { get; init; } = "";

    public required VmFile Kernel { get; init; }

    public required VmFile Initrd { get; init; }

    /// <summary>A disk that is given read-only; null when the initramfs is all there is.</summary>
    public VmFile? Root { get; init; }

    /// <summary>The files under their names in the image's folder.</summary>
    [JsonIgnore]
    internal IReadOnlyList<(string Name, VmFile File)> Files => Root is null
        ? [("kernel", Kernel), ("initrd", Initrd)]
        : [("kernel", Kernel), ("initrd", Initrd), ("root", Root)];

    /// <summary>Null when the bytes are no manifest that this node can use.</summary>
    internal static VmManifest? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            var manifest = JsonSerializer.Deserialize(json, VmJson.Default.VmManifest);
            return manifest is { Version: Known, Protocol: Known } && manifest.Append.Length <= LongestAppend
                && !manifest.Append.AsSpan().ContainsAnyExceptInRange(' ', '~')
                && manifest.Files.All(f => f.File.Size > 0 && VmImages.IsDigest(f.File.Digest)) ? manifest : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(VmManifest))]
[JsonSerializable(typeof(VmRecord))]
internal sealed partial class VmJson : JsonSerializerContext;
