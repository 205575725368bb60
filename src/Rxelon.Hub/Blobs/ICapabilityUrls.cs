using Rxelon.Shared.Ids;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Blobs;

/// <summary>
/// Makes paths (relative to the base URL in <c>Welcome.blob_base</c>) that let their holder do one thing to one blob until they
/// expire. The path itself is the permission: never log one.
/// </summary>
public interface ICapabilityUrls
{
    /// <summary>Base URL that nodes put before the paths, without a trailing slash.</summary>
    string BaseUrl { get; }

    /// <summary>A path to read this blob.</summary>
    string Get(BlobRef blob, TimeSpan lifetime);

    /// <summary>A path to store this blob, resumably, on <paramref name="owner"/>'s account.</summary>
    string Put(AccountId owner, BlobRef blob, TimeSpan lifetime);
}
