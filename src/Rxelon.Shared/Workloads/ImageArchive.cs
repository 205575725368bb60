using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rxelon.Shared.Workloads;

/// <summary>
/// The plaintext of an image that comes with a task: a tar of regular files in this order and no others, which engines load as
/// what <c>docker save</c> writes: <c>manifest.json</c>; <c>config.json</c>, whose SHA-256 is the image's id; the layers, not
/// compressed, <c>layer-0.tar</c> and so on, whose SHA-256 the config lists (<c>rootfs.diff_ids</c>, OCI image-spec, config.md).
/// So whoever reads it can check every byte against the id. No tags: they would name things on the node.
/// </summary>
public static class ImageArchive
{
    public const string Manifest = "manifest.json";
    public const string Config = "config.json";

    /// <summary>Configs are a few KiB; more is a mistake or an attack.</summary>
    public const int LargestConfig = 4 << 20;

    /// <summary>Layers of one image; engines take 127.</summary>
    public const int MostLayers = 127;

    /// <summary>The name of the layer with that number, from 0.</summary>
    public static string Layer(int number) => FormattableString.Invariant($"layer-{number}.tar");

    /// <summary>What stands in <see cref="Manifest"/> for so many layers.</summary>
    public static byte[] ManifestOf(int layers)
        => JsonSerializer.SerializeToUtf8Bytes(
            [new ImageManifest(Config, null, [.. Enumerable.Range(0, layers).Select(Layer)])], ImageJson.Default.ImageManifestArray);

    /// <summary>The layers' digests in a config, <c>sha256:…</c> each, lowest first; null when it is not an image's config.</summary>
    public static IReadOnlyList<string>? LayersOf(ReadOnlySpan<byte> config)
    {
        try
        {
            var layers = JsonSerializer.Deserialize(config, ImageJson.Default.ImageConfig)?.Rootfs?.DiffIds;
            return layers is { Count: > 0 and <= MostLayers } && layers.All(ImageReference.IsDigest) ? layers : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>One image of a docker-save archive.</summary>
public sealed record ImageManifest(string Config, IReadOnlyList<string>? RepoTags, IReadOnlyList<string>? Layers);

/// <summary>The part of an image's config that matters here.</summary>
public sealed record ImageConfig([property: JsonPropertyName("rootfs")] ImageRootFs? Rootfs);

/// <summary>An image's layers.</summary>
public sealed record ImageRootFs([property: JsonPropertyName("diff_ids")] IReadOnlyList<string>? DiffIds);

/// <summary>An OCI index or manifest: what it refers to.</summary>
public sealed record OciDocument(
    [property: JsonPropertyName("manifests")] IReadOnlyList<OciDescriptor>? Manifests,
    [property: JsonPropertyName("config")] OciDescriptor? Config,
    [property: JsonPropertyName("layers")] IReadOnlyList<OciDescriptor>? Layers);

/// <summary>A reference by digest.</summary>
public sealed record OciDescriptor([property: JsonPropertyName("digest")] string Digest);

/// <summary>JSON of other people's formats: unknown members are passed over.</summary>
[JsonSerializable(typeof(ImageManifest[]))]
[JsonSerializable(typeof(ImageConfig))]
[JsonSerializable(typeof(OciDocument))]
public sealed partial class ImageJson : JsonSerializerContext;
