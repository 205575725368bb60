using Rxelon.Hub.Blobs;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Edge.Sessions;

/// <summary>Makes a batch of results durable: inline ones are stored for the task's owner, uploaded ones must be there.</summary>
internal static class ResultStore
{
    /// <summary>The batch with a problem set on each item that could not be kept; same order. Durable when the call returns.</summary>
    internal static async Task<IReadOnlyList<Verified>> KeepAsync(IBlobStore blobs, IReadOnlyList<Verified> batch)
    {
        var done = batch.ToArray();
        foreach (var group in Enumerable.Range(0, done.Length).Where(i => done[i].Content is not null).GroupBy(i => done[i].Owner))
        {
            var places = group.ToList();
            var stored = await blobs.PutSmallAsync(
                group.Key, places.ConvertAll(i => (ReadOnlyMemory<byte>)done[i].Content), CancellationToken.None);
            if (stored.Fault is { } fault)
                places.ForEach(i => done[i] = done[i] with { Problem = fault with { Retryable = fault.Code != FaultCodes.QuotaExceeded } });
        }

        for (var i = 0; i < done.Length; i++)
        {
            if (done[i].Content is null && await blobs.SizeAsync(done[i].Blob.Id, CancellationToken.None) != done[i].Blob.Size)
                done[i] = done[i] with
                {
                    Problem = new Fault(FaultCodes.BlobMissing, "The result was reported before it was uploaded.", Culprit.Node, Retryable: true),
                };
        }

        return done;
    }
}
