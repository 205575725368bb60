namespace Rxelon.Hub.Integrity;

/// <summary>Which node clients the CHS allows, by the digest of their folder. Thread-safe.</summary>
public interface IKnownClients
{
    /// <summary>True when an admin allowed a client whose files fold to this.</summary>
    bool IsKnown(byte[] application);

    /// <summary>Allows one more, durably; false when it was allowed before.</summary>
    bool Allow(byte[] application, string by, string note, DateTimeOffset at);

    /// <summary>One line each, oldest first.</summary>
    IReadOnlyList<string> Lines { get; }
}
