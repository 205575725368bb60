using CsCheck;
using Rxelon.Node.Executors.Archives;

namespace Rxelon.Node.Tests.Archives;

public sealed class BufferSpecs
{
    private static readonly Gen<byte[][]> Writes = Gen.Byte.Array[0, 3000].Array[0, 20];

    [Fact]
    public void A_buffer_gives_back_what_was_written_up_to_its_limit()
        => Gen.Select(Writes, Gen.Int[0, 40_000]).Sample((writes, limit) =>
        {
            var buffer = new ChunkedBuffer(limit);
            foreach (var bytes in writes)
                buffer.Write(bytes);
            var all = writes.SelectMany(b => b).ToArray();
            using var copy = new MemoryStream();
            buffer.OpenRead().CopyTo(copy);

            Assert.Equal(all.Take(limit), copy.ToArray());
            Assert.Equal(all.Length > limit, buffer.Exceeded);
            Assert.Equal(copy.Length, buffer.OpenRead().Length);
        });

    [Fact]
    public void A_tail_keeps_the_last_bytes()
        => Gen.Select(Writes, Gen.Int[1, 5000]).Sample((writes, capacity) =>
        {
            var tail = new TailBuffer(capacity);
            foreach (var bytes in writes)
                tail.Write(bytes);

            Assert.Equal(writes.SelectMany(b => b).TakeLast(capacity), tail.ToArray());
        });
}
