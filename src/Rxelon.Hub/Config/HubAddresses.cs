namespace Rxelon.Hub.Config;

/// <summary>Where this hub really listens, known once it does (every port may have been 0). Set by the composition root.</summary>
public sealed class HubAddresses(HubOptions options)
{
    private volatile string? _httpUrl;
    private volatile int _edgePort;

    /// <summary>The address of the HTTP API without a trailing slash, or null before it listens.</summary>
    public string? HttpUrl
    {
        get => _httpUrl;
        internal set => _httpUrl = value;
    }

    /// <summary>The edge's port, or 0 before it listens.</summary>
    public int EdgePort
    {
        get => _edgePort;
        internal set => _edgePort = value;
    }

    /// <summary>The base URL that nodes and clients use; throws before it is known.</summary>
    public string PublicUrl => options.PublicHttpUrl?.TrimEnd('/') ?? HttpUrl
        ?? throw new InvalidOperationException("The HTTP API does not listen yet.");
}
