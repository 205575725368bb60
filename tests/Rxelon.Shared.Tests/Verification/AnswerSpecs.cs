using System.Formats.Tar;
using System.Text;
using CsCheck;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Verification;

namespace Rxelon.Shared.Tests.Verification;

/// <summary>The expected bytes were made with node:crypto from the formulas in docs/design/verification.md.</summary>
public sealed class AnswerSpecs
{
    private static readonly byte[] Key = [.. Enumerable.Repeat((byte)0x11, 32)];
    private static readonly byte[] Nonce = [.. Enumerable.Repeat((byte)0x33, 32)];
    private static readonly AttemptId Attempt = new(TaskId.FromBytes([.. Enumerable.Repeat((byte)0x22, 16)]), 3, 2);
    private static readonly (string Name, string Text)[] Files = [("stdout", "hello\n"), ("stderr", "12:00 done"), ("out/b/c", ""), ("out/a", "A")];

    [Fact]
    public async Task The_content_digest_is_the_published_one()
        => Assert.Equal(
            "e4d52b576724d26c64e3035e85a033d835ef1b9df03c6e446ea12a9fd32ee070",
            await DigestAsync(Files));

    [Fact]
    public async Task Fuel_is_part_of_what_a_counting_sandbox_says()
        => Assert.Equal(
            "aee88230f7442a6178d1d5f1218aee7eda9454fbddc045a2143f8cfe9c1bda77",
            await DigestAsync(Files, 1_234_567));

    [Fact]
    public async Task Neither_order_nor_standard_error_nor_times_change_the_content()
    {
        var plain = await DigestAsync(Files);
        Assert.Equal(plain, await DigestAsync([.. Files.Reverse()], time: DateTimeOffset.UnixEpoch.AddYears(30)));
        Assert.Equal(plain, await DigestAsync([.. Files.Where(f => f.Name != "stderr"), ("stderr", "13:37 done")]));
    }

    [Fact]
    public Task Any_other_byte_or_name_changes_the_content()
        => Gen.Select(Gen.Int[0, 3], Gen.String[Gen.Char['a', 'z'], 0, 8]).SampleAsync(async (which, text) =>
        {
            var changed = Files.ToArray();
            if (changed[which].Name == "stderr" || changed[which].Text == text)
                return;
            changed[which].Text = text;
            Assert.NotEqual(await DigestAsync(Files), await DigestAsync(changed));
        }, iter: 50);

    [Fact]
    public async Task A_file_that_is_moved_into_another_changes_the_content()
        => Assert.NotEqual(await DigestAsync([("out/ab", "c")]), await DigestAsync([("out/a", "bc")]));

    [Fact]
    public async Task Answer_and_commitment_are_the_published_ones()
    {
        var content = Convert.FromHexString(await DigestAsync(Files));
        var answer = Answer.Of(Key, content);
        Assert.Equal("a411aea73c74824da3c08d7cebf2a41e9349b0ebf44e30286140acb9af43bf72", answer.ToString());
        Assert.Equal(
            "a1b59d848dca47ad85ca909a1f9db8e6d6687cd764252276e58bafa2b7bd7aaa",
            Convert.ToHexStringLower(AnswerCommitment.Of(Attempt, Nonce, answer)));
        Assert.Equal(answer, Answer.FromBytes(answer.ToBytes()));
    }

    [Fact]
    public void A_commitment_fits_nothing_but_its_attempt_nonce_and_answer()
    {
        var answer = Answer.Of(Key, [1, 2, 3]);
        var promised = AnswerCommitment.Of(Attempt, Nonce, answer);
        Assert.True(AnswerCommitment.Fits(promised, Attempt, Nonce, answer));
        Assert.False(AnswerCommitment.Fits(promised, Attempt with { Number = 3 }, Nonce, answer));
        Assert.False(AnswerCommitment.Fits(promised, Attempt with { Part = 2 }, Nonce, answer));
        Assert.False(AnswerCommitment.Fits(promised, Attempt, [.. Nonce.Reverse().Select(b => (byte)(b + 1))], answer));
        Assert.False(AnswerCommitment.Fits(promised, Attempt, Nonce[..31], answer));
        Assert.False(AnswerCommitment.Fits(promised, Attempt, Nonce, Answer.Of(Key, [1, 2, 4])));
    }

    private static async Task<string> DigestAsync((string Name, string Text)[] files, long? fuel = null, DateTimeOffset time = default)
    {
        using var tar = new MemoryStream();
        await using (var writer = new TarWriter(tar, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var (name, text) in files)
            {
                await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name)
                {
                    ModificationTime = time == default ? DateTimeOffset.UnixEpoch : time,
                    DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)),
                });
            }
        }

        tar.Position = 0;
        return Convert.ToHexStringLower(await ContentDigest.OfAsync(tar, fuel, CancellationToken.None));
    }
}
