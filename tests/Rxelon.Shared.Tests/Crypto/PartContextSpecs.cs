using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using static Rxelon.Shared.Tests.Crypto.Samples;

namespace Rxelon.Shared.Tests.Crypto;

/// <summary>A ciphertext opens only where it belongs, and says which field sent it away.</summary>
public sealed class PartContextSpecs
{
    [Fact]
    public void A_part_opens_in_no_other_place_even_under_the_same_key()
    {
        PartContext[] places =
        [
            PartContext.Input(ThisTask, 3), PartContext.Input(ThisTask, 2), PartContext.Input(OtherTask, 3),
            PartContext.Result(ThisTask, 3, 2), PartContext.Result(ThisTask, 3, 1), PartContext.Result(ThisTask, 2, 2),
            PartContext.Log(ThisTask, 3, 2), PartContext.Log(ThisTask, 3, 1),
            PartContext.Shared(ThisTask, "module"), PartContext.Shared(ThisTask, "args"), PartContext.Shared(OtherTask, "module"),
        ];
        foreach (var suite in CipherSuites.All)
        {
            foreach (var from in places)
            {
                var part = PartCipher.Seal([1, 2, 3], Key, suite, from);
                foreach (var to in places)
                    Assert.Equal(from == to, PartCipher.Open(part, Key, to).IsOk);
            }
        }
    }

    [Fact]
    public void The_fault_names_the_field_and_both_values()
    {
        var part = PartCipher.Seal([1], Key, CipherSuite.Aes256Gcm, PartContext.Result(ThisTask, 3, 2));

        Says(part, PartContext.Result(ThisTask, 4, 2), "the header's part is 3, not 4");
        Says(part, PartContext.Result(ThisTask, 3, 1), "the header's attempt is 2, not 1");
        Says(part, PartContext.Result(OtherTask, 3, 2), $"the header's task is {ThisTask}, not {OtherTask}");
        Says(part, PartContext.Log(ThisTask, 3, 2), "the header's role is Result, not Log");
        var shared = PartCipher.Seal([1], Key, CipherSuite.Aes256Gcm, PartContext.Shared(ThisTask, "a"));
        Says(shared, PartContext.Shared(ThisTask, "b"), "the header's name is another one");
    }

    [Theory]
    [InlineData(0, "magic")]
    [InlineData(4, "version is 254")]
    [InlineData(5, "cipher suite 254 is unknown")]
    [InlineData(6, "role is 253")]
    [InlineData(7, "reserved byte")]
    [InlineData(8, "header's task")]
    [InlineData(24, "header's part")]
    [InlineData(28, "header's attempt")]
    [InlineData(32, "segment size")]
    [InlineData(36, "header's name")]
    [InlineData(44, "segment 0 does not authenticate")]
    public void Each_damaged_header_field_is_named(int at, string expected)
    {
        var part = PartCipher.Seal([1], Key, CipherSuite.Aes256Gcm, Context);
        part[at] ^= 0xff;
        Says(part, Context, expected);
    }

    [Fact]
    public void A_header_without_a_task_is_told_and_not_thrown()
    {
        var part = PartCipher.Seal([1], Key, CipherSuite.Aes256Gcm, Context);
        part.AsSpan(8, 16).Clear();
        Says(part, Context, "the header's task is unset");
    }

    [Fact]
    public void Contexts_that_cannot_be_are_programming_errors()
    {
        Assert.Throws<InvalidOperationException>(() => PartCipher.Seal([1], Key, CipherSuite.Aes256Gcm, PartContext.Input(default(TaskId), 0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => PartCipher.Seal([1], Key, CipherSuite.Aes256Gcm, PartContext.Input(ThisTask, -1)));
    }

    private static void Says(byte[] part, PartContext context, string expected)
    {
        var fault = PartCipher.Open(part, Key, context).Fault;
        Assert.Equal(FaultCodes.DecryptFailed, fault?.Code);
        Assert.Contains(expected, fault?.Message, StringComparison.Ordinal);
    }
}
