using Rxelon.Node.Tests.Wasm;

namespace Rxelon.Node.Tests.Samples;

public sealed class BlockchainSpecs(WasmFixture wasm) : IClassFixture<WasmFixture>
{
    private const int FirstPaymentAt = 446;

    private readonly Sample _sample = new(wasm, "blockchain-validation", "blockchain.wasm");

    private byte[] Blocks => [.. Enumerable.Range(0, 4).SelectMany(n => _sample.Read($"blocks/blocks-{n:00000}.dat"))];

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(16)]
    public async Task Bitcoins_own_blocks_hold_in_any_number_of_parts(int blocks)
    {
        var report = await MergeAsync([.. await CutAsync(blocks)]);

        Assert.Equal(Published("16 in 4 parts", $"16 in {16 / blocks} parts"), report);
    }

    [Fact]
    public async Task Files_in_another_order_and_blocks_given_twice_make_the_same_chain()
    {
        var parts = await CutAsync(4);

        var report = await MergeAsync(parts[3], parts[1], parts[0], parts[2], parts[1]);

        Assert.Equal(Published("16 in 4 parts", "16 in 5 parts"), report.Replace("repeated   4 blocks were given more than once\n", "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Files_that_a_newer_node_hides_behind_its_key_are_read_with_it()
    {
        byte[] key = [0x13, 0x37, 0xff, 0x00, 0x80, 0x55, 0xaa, 0x01];
        byte[] hidden = [.. Blocks.Select((b, i) => (byte)(b ^ key[i % key.Length]))];

        Assert.Equal(await CheckAsync(Blocks), await CheckAsync(hidden, "--xor", Convert.ToHexStringLower(key)));
    }

    [Fact]
    public async Task Every_altered_byte_of_a_block_is_found()
    {
        var first = Blocks.AsSpan(FirstPaymentAt);
        Assert.Equal(498, first[4] + (first[5] << 8) + 8);
        var block = first[..498].ToArray();
        List<byte> altered = [];
        for (var i = 8; i < block.Length; i++)
        {
            byte[] copy = [.. block];
            copy[i] ^= 1;
            altered.AddRange(copy);
        }

        var lines = (await CheckAsync([.. altered])).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(490, lines.Length);
        Assert.All(lines, l => Assert.StartsWith("rejected\t", l, StringComparison.Ordinal));
        Assert.StartsWith("block\t00000000d1145790a8694403d4063f323d499e655c83426834d4ce2f8dd4a2ee\t", await CheckAsync(block), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_altered_block_is_named_with_the_link_that_it_leaves_open()
    {
        var parts = await CutAsync(4);
        // The value of a payment in block 170, which is in the first part.
        parts[0][FirstPaymentAt + 8 + 300] ^= 1;

        var report = await MergeAsync(parts);

        Assert.Contains("rejected\tblocks.dat\t446\t00000000d1145790a8694403d4063f323d499e655c83426834d4ce2f8dd4a2ee\tits transactions do not have the Merkle root", report, StringComparison.Ordinal);
        Assert.Contains("needs 00000000d1145790a8694403d4063f323d499e655c83426834d4ce2f8dd4a2ee, which is missing or rejected", report, StringComparison.Ordinal);
        Assert.Contains("verdict    NOT valid: 1 blocks rejected, 0 pieces that are no block, 1 gaps", report, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_that_is_left_out_leaves_a_gap()
    {
        var parts = await CutAsync(4);

        Assert.Contains("NOT valid: 0 blocks rejected, 0 pieces that are no block, 1 gaps", await MergeAsync(parts[0], parts[1], parts[3]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_between_blocks_are_told_and_reserved_zeros_are_not()
    {
        var report = await CheckAsync([.. Blocks[..FirstPaymentAt], .. new byte[100], .. "stray"u8, .. Blocks[FirstPaymentAt..], 0, 0, 0, 0, 0]);

        Assert.Equal(16, report.Split('\n').Count(l => l.StartsWith("block\t", StringComparison.Ordinal)));
        Assert.Equal("junk\tblocks.dat\t546\tbytes that belong to no block", report.Split('\n').Single(l => l.StartsWith("junk", StringComparison.Ordinal)));
        Assert.Contains("the file ends before it does", await CheckAsync(Blocks[..^1]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Odd_and_even_numbers_of_transactions_have_their_Merkle_root()
    {
        List<byte> file = [];
        var previous = new byte[32];
        for (var count = 1; count <= 20; count++)
        {
            var block = BitcoinBlock.Mine(previous, [.. Enumerable.Range(100 * count, count).Select(BitcoinBlock.Transaction)]);
            file.AddRange(BitcoinBlock.Record(block));
            previous = BitcoinBlock.HashOf(block);
        }

        var checks = await CheckAsync([.. file], "--network", "regtest");
        var report = await _sample.TextAsync(Sample.Results([checks]), "merge");

        Assert.Contains("blocks     20 in 1 parts, 210 transactions", report, StringComparison.Ordinal);
        Assert.Contains("from the genesis block", report, StringComparison.Ordinal);
        Assert.Contains($"last       {BitcoinBlock.Name(previous)}\n", report, StringComparison.Ordinal);
        Assert.Contains("verdict    valid", report, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repeated_tail_with_the_same_root_is_found()
    {
        byte[][] honest = [BitcoinBlock.Transaction(1), BitcoinBlock.Transaction(2), BitcoinBlock.Transaction(3)];
        var (good, bad) = (BitcoinBlock.Mine(new byte[32], honest), BitcoinBlock.Mine(new byte[32], [.. honest, honest[2]]));
        Assert.Equal(good[..80], bad[..80]);

        var report = await CheckAsync([.. BitcoinBlock.Record(good), .. BitcoinBlock.Record(bad)], "--network", "regtest");

        Assert.StartsWith("block\t", report, StringComparison.Ordinal);
        Assert.Contains("its transactions repeat each other (CVE-2012-2459)", report, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Witnesses_are_left_out_of_ids_and_held_against_their_commitment()
    {
        var block = BitcoinBlock.MineWithWitness(new byte[32]);

        var report = await CheckAsync(
            [
                .. BitcoinBlock.Record(block),
                .. BitcoinBlock.Record(BitcoinBlock.MineWithWitness(new byte[32], witness: 6)),
                .. BitcoinBlock.Record(BitcoinBlock.MineWithWitness(new byte[32], commit: false)),
            ],
            "--network", "regtest");

        var lines = report.Split('\n');
        Assert.StartsWith($"block\t{BitcoinBlock.Name(BitcoinBlock.HashOf(block))}\t", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("its witnesses are not those that it commits to", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("it has witnesses that its first transaction does not commit to", lines[2], StringComparison.Ordinal);
    }

    private string Published(string said, string seen)
    {
        var start = _sample.Page.IndexOf("blocks     16", StringComparison.Ordinal);
        return _sample.Page[start.._sample.Page.IndexOf("```", start, StringComparison.Ordinal)].Replace(said, seen, StringComparison.Ordinal);
    }

    private async Task<byte[][]> CutAsync(int blocks)
    {
        var ran = await wasm.RunAsync(_sample.Program("cut", $"{blocks}"), Sample.Stdin(Blocks));
        Assert.Equal($"16 blocks in {16 / blocks} files\n", ran.Files["stdout"]);
        var files = Sample.Bytes(ran.Output).Where(f => f.Name.StartsWith("out/blocks-", StringComparison.Ordinal)).OrderBy(f => f.Name, StringComparer.Ordinal).ToArray();
        Assert.Equal(Blocks, files.SelectMany(f => f.Data));
        return [.. files.Select(f => f.Data)];
    }

    private async Task<string> MergeAsync(params byte[][] files)
    {
        List<string> outputs = [];
        foreach (var file in files)
            outputs.Add(await CheckAsync(file));
        return await _sample.TextAsync(Sample.Results(outputs), "merge");
    }

    private Task<string> CheckAsync(byte[] file, params string[] options)
        => _sample.TextAsync(Sample.Input(("in/blocks.dat", file)), ["check", .. options]);
}
