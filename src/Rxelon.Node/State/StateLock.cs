using Rxelon.Shared.Values;

namespace Rxelon.Node.State;

/// <summary>Keeps a second process out of a state directory; the system lets go of it however the process ends.</summary>
internal sealed class StateLock : IDisposable
{
    private readonly FileStream _file;

    private StateLock(FileStream file) => _file = file;

    internal static Outcome<StateLock> Acquire(string directory)
    {
        try
        {
            return new StateLock(new FileStream(Path.Combine(directory, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Fault(FaultCodes.Conflict, $"Another node process uses {directory}, or it cannot be written: {e.Message}", Culprit.Node);
        }
    }

    public void Dispose() => _file.Dispose();
}
