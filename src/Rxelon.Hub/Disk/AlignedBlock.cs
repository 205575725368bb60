using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Rxelon.Hub.Disk;

/// <summary>
/// Memory for transfers past the page cache: it begins at a multiple of <see cref="PageCache.Alignment"/> and stays there. Some blocks are
/// kept for reuse.
/// </summary>
internal sealed class AlignedBlock : IDisposable
{
    internal const int Size = 512 * 1024;
    private const int MostKept = 16;

    private static readonly ConcurrentQueue<AlignedBlock> Kept = new();

    private AlignedBlock()
    {
        var array = GC.AllocateUninitializedArray<byte>(Size + PageCache.Alignment, pinned: true);
        var start = Marshal.UnsafeAddrOfPinnedArrayElement(array, 0);
        var past = (int)((PageCache.Alignment - (start % PageCache.Alignment)) % PageCache.Alignment);
        Memory = array.AsMemory(past, Size);
    }

    internal Memory<byte> Memory { get; }

    internal static AlignedBlock Rent() => Kept.TryDequeue(out var block) ? block : new AlignedBlock();

    public void Dispose()
    {
        if (Kept.Count < MostKept)
            Kept.Enqueue(this);
    }
}
