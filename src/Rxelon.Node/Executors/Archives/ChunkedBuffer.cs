namespace Rxelon.Node.Executors.Archives;

/// <summary>Bytes in memory up to a limit, without the copying of a growing array. One writer; then one reader.</summary>
internal sealed class ChunkedBuffer(long limit)
{
    private const int FirstChunk = 1024;
    private const int LargestChunk = 1 << 20;
    private readonly List<byte[]> _chunks = [];
    private int _lastUsed;

    /// <summary>Bytes held.</summary>
    internal long Length { get; private set; }

    /// <summary>True once more was written than fits; the rest was dropped.</summary>
    internal bool Exceeded { get; private set; }

    internal void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > limit - Length)
        {
            Exceeded = true;
            bytes = bytes[..(int)(limit - Length)];
        }

        while (!bytes.IsEmpty)
        {
            if (_chunks.Count == 0 || _lastUsed == _chunks[^1].Length)
            {
                _chunks.Add(GC.AllocateUninitializedArray<byte>(
                    (int)Math.Clamp(Math.Max(bytes.Length, Length), FirstChunk, LargestChunk)));
                _lastUsed = 0;
            }

            var taken = Math.Min(bytes.Length, _chunks[^1].Length - _lastUsed);
            bytes[..taken].CopyTo(_chunks[^1].AsSpan(_lastUsed));
            _lastUsed += taken;
            Length += taken;
            bytes = bytes[taken..];
        }
    }

    /// <summary>Reads what was written, from the start; with a length and a position, as tar writers want it.</summary>
    internal Stream OpenRead() => new Reader(this);

    private sealed class Reader(ChunkedBuffer buffer) : Stream
    {
        private long _position;
        private int _chunk;
        private int _at;

        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => buffer.Length;

        public override long Position
        {
            get => _position;
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> into)
        {
            if (_position == buffer.Length || into.IsEmpty)
                return 0;
            if (_at == buffer._chunks[_chunk].Length)
                (_chunk, _at) = (_chunk + 1, 0);
            var chunk = buffer._chunks[_chunk];
            var end = _chunk == buffer._chunks.Count - 1 ? buffer._lastUsed : chunk.Length;
            var taken = Math.Min(into.Length, end - _at);
            chunk.AsSpan(_at, taken).CopyTo(into);
            _at += taken;
            _position += taken;
            return taken;
        }

        public override int Read(byte[] into, int offset, int count) => Read(into.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] bytes, int offset, int count) => throw new NotSupportedException();
    }
}
