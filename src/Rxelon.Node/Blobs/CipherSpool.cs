using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Blobs;

/// <summary>
/// Where ciphertext waits: in memory while it is small, in files of this directory otherwise. Files of an earlier process are
/// removed when it opens. Ciphertext may be on a disk; plaintext never comes here.
/// </summary>
internal sealed class CipherSpool
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly string _directory;
    private long _files;

    internal CipherSpool(string directory)
    {
        _directory = directory;
        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(directory);
        else
            Directory.CreateDirectory(directory, OwnerOnly);
    }

    /// <summary>Up to this many bytes stay in memory.</summary>
    internal const int MemoryLimit = BlobRef.HeldLimit;

    /// <summary>An empty blob to be written.</summary>
    internal CipherWriter Create() => new(this);

    /// <summary>A new file that goes away when it is closed.</summary>
    internal FileStream OpenFile()
        => new(
            Path.Combine(_directory, $"{Interlocked.Increment(ref _files)}"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None,
            bufferSize: 0, FileOptions.DeleteOnClose);
}
