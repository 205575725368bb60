using Rxelon.Node.Executors.Plain;
using Rxelon.Node.Executors.Wasm;
using Rxelon.Node.State;
using Rxelon.Node.Tests.Wasm;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Tests.Plain;

public sealed class PlainSpaceSpecs : IDisposable
{
    private readonly string _state = Directory.CreateTempSubdirectory("rxelon-plain-").FullName;

    public void Dispose() => Directory.Delete(_state, recursive: true);

    [Fact]
    public void It_is_memory_for_its_owner_only()
    {
        using var space = PlainSpace.Open(_state, 16 << 20, allowSwap: true).Value;

        Assert.Equal("tmpfs", MountTable.TypeAt(space.Path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(space.Path));
    }

    [Fact]
    public void What_a_killed_process_left_is_gone_when_the_next_one_opens_it()
    {
        var killed = PlainSpace.Open(_state, 16 << 20, allowSwap: true).Value;
        var cell = killed.Rent(1 << 20);
        File.WriteAllText(Path.Combine(cell.Out, "result"), "secret");
        File.WriteAllText(cell.Stdin, "secret");

        using var next = PlainSpace.Open(_state, 16 << 20, allowSwap: true).Value;

        Assert.Empty(TestState.FilesWith(_state, "secret"));
        Assert.Single(MountTable.Under(_state));
    }

    [Fact]
    public void Nothing_is_left_after_it_is_closed()
    {
        var space = PlainSpace.Open(_state, 16 << 20, allowSwap: true).Value;
        var returned = space.Rent(1 << 20);
        space.Rent(1 << 20);
        space.Return(returned);
        space.Dispose();

        Assert.Empty(MountTable.Under(_state));
        Assert.Empty(Directory.GetFileSystemEntries(_state));
    }

    [Fact]
    public void A_cell_takes_no_more_than_its_attempt_may_write()
    {
        using var space = PlainSpace.Open(_state, 16 << 20, allowSwap: true).Value;
        var small = space.Rent(64 << 10);
        Assert.Throws<IOException>(() => File.WriteAllBytes(Path.Combine(small.Out, "x"), new byte[128 << 10]));
        Assert.True(small.IsFull);
        space.Return(small);

        var large = space.Rent(1 << 20);
        Assert.Same(small, large);
        File.WriteAllBytes(Path.Combine(large.Out, "x"), new byte[128 << 10]);
    }

    [Fact]
    public void All_cells_together_take_no_more_than_the_space()
    {
        using var space = PlainSpace.Open(_state, 1 << 20, allowSwap: true).Value;

        Assert.Throws<IOException>(() => File.WriteAllBytes(space.Rent(1).Stdin, new byte[2 << 20]));
    }

    [Fact]
    public async Task Without_root_the_size_is_watched()
    {
        using var space = PlainSpace.OpenShared(_state).Value;
        Assert.StartsWith("/dev/shm/", space.Path);
        await using var executor = new WasmExecutor(space, 1, TimeProvider.System);
        var program = Modules.Program(
            """
            (data (i32.const 512) "big")
            (func (export "_start")
              (drop (call $open (i32.const 4) (i32.const 512) (i32.const 3) (i32.const 1) (i64.const 64)))
              (loop $l (drop (call $write (i32.load (i32.const 16)) (i32.const 1024) (i32.const 4096))) (br $l)))
            """);

        await using var sandbox = (await executor.PrepareAsync(Parts.Spec(seconds: 60), CancellationToken.None)).Value;
        var result = await sandbox.RunAsync(program, new MemoryStream(Parts.Input()), new MemoryStream(), CancellationToken.None);

        Assert.Equal(FaultCodes.OutputLimit, result.Fault?.Code);
    }

    [Fact]
    public void A_second_process_is_kept_out_of_the_state_directory()
    {
        using var first = StateLock.Acquire(_state).Value;

        Assert.Equal(FaultCodes.Conflict, StateLock.Acquire(_state).Fault?.Code);
    }
}
