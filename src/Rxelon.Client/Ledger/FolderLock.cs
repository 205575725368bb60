using Rxelon.Shared.Values;

namespace Rxelon.Client.Ledger;

/// <summary>One process at a time works in a folder. The lock goes with the process, however that ends.</summary>
internal sealed class FolderLock : IDisposable
{
    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <summary>Takes the lock; the folder is made when it is missing. Fault: conflict while another process has it.</summary>
    internal static Outcome<FolderLock> Take(string folder)
    {
        Directory.CreateDirectory(folder);
        try
        {
            return new FolderLock(new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException)
        {
            return new Fault(FaultCodes.Conflict, $"Another process works in {folder}.", Culprit.Input);
        }
    }

    public void Dispose() => _file.Dispose();
}
