using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace Rxelon.Hub.Config;

/// <summary>
/// Memory for Kestrel in blocks of 32 KiB. Its own are 4 KiB, and a block is what it receives, encrypts and sends at once: a gibibyte would be
/// 262,144 calls of each. Connections without traffic hold no block.
/// </summary>
internal sealed class HttpBlocks : IMemoryPoolFactory<byte>
{
    internal const int BlockSize = 32 * 1024;

    /// <inheritdoc/>
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool();

    private sealed class Pool : MemoryPool<byte>
    {
        /// <summary>16 MiB; what more is in use at once goes back to the collector.</summary>
        private const int MostKept = 512;

        private readonly ConcurrentQueue<Block> _kept = new();
        private int _count;

        public override int MaxBufferSize => BlockSize;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
            if (!_kept.TryDequeue(out var block))
                return new Block(this);
            Interlocked.Decrement(ref _count);
            return block;
        }

        private void Return(Block block)
        {
            if (Interlocked.Increment(ref _count) <= MostKept)
                _kept.Enqueue(block);
            else
                Interlocked.Decrement(ref _count);
        }

        protected override void Dispose(bool disposing) => _kept.Clear();

        private sealed class Block(Pool pool) : IMemoryOwner<byte>
        {
            // Sockets read into it while the collector may run.
            public Memory<byte> Memory { get; } =
                MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(BlockSize, pinned: true), 0, BlockSize);

            public void Dispose() => pool.Return(this);
        }
    }
}
