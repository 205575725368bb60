using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;

namespace Rxelon.Shared.Tests.Crypto;

/// <summary>Keys, contexts and plaintexts that are the same in every run.</summary>
internal static class Samples
{
    internal static readonly byte[] TaskKey = Pattern(32, 3);
    internal static readonly byte[] Key = Pattern(32, 101);
    internal static readonly TaskId ThisTask = TaskId.FromBytes(Pattern(16, 5));
    internal static readonly TaskId OtherTask = TaskId.FromBytes(Pattern(16, 6));
    internal static readonly NodeId Node = NodeId.FromBytes(Pattern(16, 7));
    internal static readonly PartContext Context = PartContext.Result(ThisTask, 3, 2);

    /// <summary>Byte i is i·31 + i/256·17 + seed, modulo 256: no two 64 KiB segments are equal.</summary>
    internal static byte[] Pattern(int length, int seed = 1)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
            bytes[i] = (byte)((i * 31) + ((i >> 8) * 17) + ((i >> 16) * 5) + seed);
        return bytes;
    }

    public static TheoryData<CipherSuite> Suites => new(CipherSuites.All);
}
