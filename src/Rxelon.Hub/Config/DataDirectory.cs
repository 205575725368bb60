namespace Rxelon.Hub.Config;

/// <summary>
/// The hub's data directory while a hub uses it: mode 0700, and locked, because two hubs on one journal would each believe that
/// they are the only writer.
/// </summary>
internal sealed class DataDirectory : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    internal string Path { get; }

    /// <summary>Makes the directory if need be and locks it; <see cref="InvalidDataException"/> when another hub has it.</summary>
    internal static DataDirectory Open(string path)
    {
        Directory.CreateDirectory(path);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, OwnerOnly);
        try
        {
            return new DataDirectory(path, new FileStream(System.IO.Path.Combine(path, "hub.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e)
        {
            throw new InvalidDataException($"Another hub uses {path}; stop it first, or give this one a data directory of its own.", e);
        }
    }

    public void Dispose() => _lock.Dispose();
}
