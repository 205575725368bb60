using System.Formats.Tar;
using System.Security.Cryptography;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Executors.Vm;

/// <summary>An image whose files were hashed a moment ago.</summary>
internal sealed record VmImage(string Name, string Directory, VmManifest Manifest);

/// <summary>The images that an operator put on this node: one folder each, named by the hex digits of the digest. Thread-safe.</summary>
internal sealed class VmImages(string directory)
{
    private const string Prefix = "sha256:";
    private const int Digits = 64;

    /// <summary>The names of images whose files are there with the sizes that they should have.</summary>
    internal IReadOnlyList<string> List()
        => !Directory.Exists(directory) ? [] : [.. Directory.EnumerateDirectories(directory)
            .Select(d => Prefix + Path.GetFileName(d))
            .Where(n => IsDigest(n) && Read(n) is { } manifest && manifest.Files.All(f => HasSize(Path.Combine(Folder(n), f.Name), f.File.Size)))
            .Order(StringComparer.Ordinal)];

    /// <summary>Hashes every file of the image. A fault of the node's that names the image, or the file that is not what it should be.</summary>
    internal async Task<Outcome<VmImage>> FindAsync(string? name, CancellationToken cancel)
    {
        if (name is null || !IsDigest(name))
            return Missing($"'{name}' is not an image's digest: sha256: and 64 hex digits.");
        if (!Directory.Exists(Folder(name)))
            return Missing($"The image {name} is not on this node, and nodes pull nothing.");
        return await CheckAsync(name, Folder(name), cancel).ConfigureAwait(false);
    }

    /// <summary>
    /// What an image hashes to: the digest in its name when every file is whole; otherwise a digest over what is there; null when there is
    /// no such image.
    /// </summary>
    internal async Task<byte[]?> MeasureAsync(string name, CancellationToken cancel)
    {
        if (!IsDigest(name) || !Directory.Exists(Folder(name)))
            return null;
        if ((await CheckAsync(name, Folder(name), cancel).ConfigureAwait(false)).IsOk)
            return Convert.FromHexString(name.AsSpan(Prefix.Length));
        using var found = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Directory.EnumerateFiles(Folder(name)).Order(StringComparer.Ordinal))
            found.AppendData(Convert.FromHexString(await HashAsync(file, cancel).ConfigureAwait(false)));
        return found.GetHashAndReset();
    }

    /// <summary>Copies an image from a folder or a tar of it, checks it, and keeps it. Gives its name. An image that is here stays as it is.</summary>
    internal async Task<Outcome<string>> AddAsync(string source, CancellationToken cancel)
    {
        Directory.CreateDirectory(directory);
        var copy = Path.Combine(directory, $".new-{Guid.NewGuid():n}");
        Directory.CreateDirectory(copy);
        try
        {
            if (Directory.Exists(source))
                CopyFolder(source, copy);
            else
                await CopyTarAsync(source, copy, cancel).ConfigureAwait(false);
            var manifest = Path.Combine(copy, VmManifest.FileName);
            if (!File.Exists(manifest))
                return new Fault(FaultCodes.Malformed, $"{source} is no image: there is no {VmManifest.FileName}.", Culprit.Input);
            var name = Prefix + await HashAsync(manifest, cancel).ConfigureAwait(false);
            var image = await CheckAsync(name, copy, cancel).ConfigureAwait(false);
            if (image.Fault is { } fault)
                return fault with { Code = FaultCodes.Malformed, Culprit = Culprit.Input, Retryable = false };
            if ((await FindAsync(name, cancel).ConfigureAwait(false)).IsOk)
                return name;
            if (Directory.Exists(Folder(name)))
                Directory.Delete(Folder(name), recursive: true);
            Directory.Move(copy, Folder(name));
            return name;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return new Fault(FaultCodes.Malformed, $"{source} cannot be read as an image: {e.Message}", Culprit.Input);
        }
        finally
        {
            if (Directory.Exists(copy))
                Directory.Delete(copy, recursive: true);
        }
    }

    /// <summary>False when there was no such image.</summary>
    internal bool Remove(string name)
    {
        if (!IsDigest(name) || !Directory.Exists(Folder(name)))
            return false;
        Directory.Delete(Folder(name), recursive: true);
        return true;
    }

    internal static bool IsDigest(string name)
        => name.StartsWith(Prefix, StringComparison.Ordinal) && name.Length == Prefix.Length + Digits
            && !name.AsSpan(Prefix.Length).ContainsAnyExcept("0123456789abcdef");

    private string Folder(string name) => Path.Combine(directory, name[Prefix.Length..]);

    private VmManifest? Read(string name)
        => Path.Combine(Folder(name), VmManifest.FileName) is var path && new FileInfo(path) is { Exists: true, Length: <= VmManifest.MostBytes }
            ? VmManifest.Parse(File.ReadAllBytes(path)) : null;

    private static async Task<Outcome<VmImage>> CheckAsync(string name, string folder, CancellationToken cancel)
    {
        var path = Path.Combine(folder, VmManifest.FileName);
        if (new FileInfo(path) is not { Exists: true, Length: <= VmManifest.MostBytes })
            return Missing($"The image {name} has no manifest.");
        var bytes = await File.ReadAllBytesAsync(path, cancel).ConfigureAwait(false);
        if (Prefix + Convert.ToHexStringLower(SHA256.HashData(bytes)) != name)
            return Missing($"The manifest of {name} has been changed.");
        if (VmManifest.Parse(bytes) is not { } manifest)
            return Missing($"The manifest of {name} is not one that this node understands.");
        foreach (var (file, what) in manifest.Files)
        {
            var at = Path.Combine(folder, file);
            if (!HasSize(at, what.Size) || Prefix + await HashAsync(at, cancel).ConfigureAwait(false) != what.Digest)
                return Missing($"The file {file} of the image {name} is missing or has been changed.");
        }

        return new VmImage(name, folder, manifest);
    }

    private static void CopyFolder(string source, string target)
    {
        foreach (var name in (string[])[VmManifest.FileName, "kernel", "initrd", "root"])
        {
            if (File.Exists(Path.Combine(source, name)))
                WriteNew(Path.Combine(target, name), File.OpenRead(Path.Combine(source, name)));
        }
    }

    private static async Task CopyTarAsync(string source, string target, CancellationToken cancel)
    {
        var reader = new TarReader(File.OpenRead(source));
        await using (reader.ConfigureAwait(false))
        {
            while (await reader.GetNextEntryAsync(cancellationToken: cancel).ConfigureAwait(false) is { } entry)
            {
                var name = Path.GetFileName(entry.Name);
                if (entry.DataStream is { } data && name is VmManifest.FileName or "kernel" or "initrd" or "root")
                    WriteNew(Path.Combine(target, name), entry.DataStream!);
            }
        }
    }

    /// <summary>Readable by all: QEMU runs as a user without rights, and an image is no secret.</summary>
    private static void WriteNew(string path, Stream data)
    {
        using (data)
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
            using var file = new FileStream(path, options);
            data.CopyTo(file);
        }
    }

    private static bool HasSize(string path, long size) => new FileInfo(path) is { Exists: true } file && file.Length == size;

    private static async Task<string> HashAsync(string path, CancellationToken cancel)
    {
        var file = File.OpenRead(path);
        await using (file.ConfigureAwait(false))
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancel).ConfigureAwait(false));
    }

    private static Fault Missing(string message) => new(FaultCodes.ImageMissing, message, Culprit.Node, Retryable: true);
}
