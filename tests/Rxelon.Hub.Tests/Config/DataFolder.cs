namespace Rxelon.Hub.Tests.Config;

/// <summary>A data directory that is gone after the test.</summary>
public sealed class DataFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("rxh-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Every byte of every file below, for looking for what must not be there.</summary>
    public IEnumerable<(string File, byte[] Content)> Everything()
        => Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories).Select(f => (f, File.ReadAllBytes(f)));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
