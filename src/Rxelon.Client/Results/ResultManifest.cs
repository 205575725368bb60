using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Rxelon.Client.Archives;
using Rxelon.Client.Specs;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Results;

/// <summary>
/// What a folder of results holds (docs/manifest.md): its parts with who ran them, and each file with its SHA-256 as it was when
/// it had been decrypted and unpacked. Members are only ever added.
/// </summary>
/// <param name="Version">1; a reader refuses a higher one.</param>
/// <param name="Task">The task.</param>
/// <param name="Merge">How parts became one: concat, csv, jsonl or none.</param>
/// <param name="Parts">The parts whose results are here, in order.</param>
/// <param name="Files">The files, in order of their paths.</param>
public sealed record ResultManifest(int Version, TaskId Task, string Merge, IReadOnlyList<ManifestPart> Parts, IReadOnlyList<ManifestFile> Files)
{
    /// <summary>The manifest's own name in the folder.</summary>
    public const string FileName = "manifest.json";

    /// <summary>The version that this program writes and reads.</summary>
    public const int CurrentVersion = 1;

    private static readonly JsonSerializerOptions Json = new(ApiJson.Default.Options)
    {
        WriteIndented = true,
        TypeInfoResolver = JsonTypeInfoResolver.Combine(ManifestJson.Default, ApiJson.Default),
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>The manifest as it is written.</summary>
    public byte[] ToBytes() => [.. JsonSerializer.SerializeToUtf8Bytes(this, Info), (byte)'\n'];

    /// <summary>Reads a folder's manifest. Faults: not-found, malformed.</summary>
    public static Outcome<ResultManifest> Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return new Fault(FaultCodes.NotFound, $"There is no {path}; only folders that results were fetched into have one.", Culprit.Input);
        try
        {
            var manifest = JsonSerializer.Deserialize(File.ReadAllBytes(path), Info);
            return manifest is { Version: CurrentVersion, Files: not null, Parts: not null }
                ? manifest
                : new Fault(FaultCodes.Malformed, $"{path} has version {manifest?.Version}; this program reads version {CurrentVersion}.", Culprit.Input);
        }
        catch (JsonException e)
        {
            return new Fault(FaultCodes.Malformed, $"{path} is not a manifest: {e.Message}", Culprit.Input);
        }
    }

    /// <summary>Reads every file again; what is wrong with which, in order. Files that the manifest does not name are left alone.</summary>
    public async Task<IReadOnlyList<FileTrouble>> CheckAsync(string folder, CancellationToken ct = default)
    {
        var troubles = new List<FileTrouble>();
        foreach (var file in Files)
        {
            if (await ObjectionAsync(folder, file, ct).ConfigureAwait(false) is { } what)
                troubles.Add(new FileTrouble(file.Path, what));
        }

        return troubles;
    }

    internal static string NameOf(MergeMode merge) => merge.ToString().ToLowerInvariant();

    private static JsonTypeInfo<ResultManifest> Info => (JsonTypeInfo<ResultManifest>)Json.GetTypeInfo(typeof(ResultManifest));

    private static async Task<string?> ObjectionAsync(string folder, ManifestFile file, CancellationToken ct)
    {
        if (ResultReader.Objection(file.Path) is not null)
            return "has a path that leads elsewhere";
        var info = new FileInfo(Path.Combine(folder, file.Path));
        if (!info.Exists)
            return "is missing";
        if (info.LinkTarget is not null)
            return "became a link";
        if (info.Length != file.Size)
            return $"has {info.Length} bytes, not {file.Size}";
        var content = info.OpenRead();
        await using var closing = content.ConfigureAwait(false);
        var digest = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, ct).ConfigureAwait(false));
        return digest == file.Sha256 ? null : "has another content";
    }
}

/// <summary>One part: the attempt that was accepted, who ran it, and the ciphertext that it sent.</summary>
public sealed record ManifestPart(int Part, int Attempt, NodeId? Node, BlobInfo Result);

/// <summary>
/// One file, its path relative with '/'. Part, attempt and node say where it comes from; they are absent where all parts are
/// joined.
/// </summary>
public sealed record ManifestFile(string Path, long Size, string Sha256, int? Part, int? Attempt, NodeId? Node);

/// <summary>A file that is not as the manifest says, and how.</summary>
public sealed record FileTrouble(string Path, string What);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ResultManifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
