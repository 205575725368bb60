namespace Rxelon.System.Tests.Programs;

/// <summary>Small WebAssembly programs, from their text.</summary>
internal static class Wat
{
    private const string Imports = """
        (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "path_rename" (func $path_rename (param i32 i32 i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
        """;

    /// <summary>Never ends.</summary>
    internal const string ForEver = "(loop $again (br $again))";

    /// <summary>Takes memory until there is none, then gives up.</summary>
    internal const string Greedy = "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable";

    internal const string Trap = "unreachable";

    /// <summary>Writes its arguments, its environment and its standard input to standard output.</summary>
    internal const string TellAll = """
        (drop (call $args_sizes_get (i32.const 16) (i32.const 20)))
        (drop (call $args_get (i32.const 1024) (i32.const 2048)))
        (call $write (i32.const 2048) (i32.load (i32.const 20)))
        (drop (call $environ_sizes_get (i32.const 16) (i32.const 20)))
        (drop (call $environ_get (i32.const 1024) (i32.const 2048)))
        (call $write (i32.const 2048) (i32.load (i32.const 20)))
        (block $done (loop $more
          (i32.store (i32.const 0) (i32.const 8192)) (i32.store (i32.const 4) (i32.const 4096))
          (br_if $done (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
          (br_if $done (i32.eqz (i32.load (i32.const 8))))
          (call $write (i32.const 8192) (i32.load (i32.const 8)))
          (br $more)))
        """;

    /// <summary>Writes its arguments and that it is at 40 % to standard error; needs <see cref="FortyPercent"/>.</summary>
    internal const string SayArguments = """
        (drop (call $args_sizes_get (i32.const 16) (i32.const 20)))
        (drop (call $args_get (i32.const 1024) (i32.const 2048)))
        (call $say (i32.const 2048) (i32.load (i32.const 20)))
        (call $say (i32.const 512) (i32.const 21))
        """;

    /// <summary>Says <c>pi 3.14159265</c> and two digits by chance; needs <see cref="PiData"/>.</summary>
    internal const string NearlyPi = """
        (drop (call $random_get (i32.const 32) (i32.const 2)))
        (i32.store8 (i32.const 12301) (i32.add (i32.const 48) (i32.rem_u (i32.load8_u (i32.const 32)) (i32.const 10))))
        (i32.store8 (i32.const 12302) (i32.add (i32.const 48) (i32.rem_u (i32.load8_u (i32.const 33)) (i32.const 10))))
        (call $write (i32.const 12288) (i32.const 16))
        """;

    internal const string PiData = """(data (i32.const 12288) "pi 3.14159265xx\n")""";

    internal const string FortyPercent = """(data (i32.const 512) "\nrxelon:progress 40%\n")""";

    /// <summary>Writes its standard input to standard output.</summary>
    internal const string Copy = """
        (block $done (loop $more
          (i32.store (i32.const 0) (i32.const 8192)) (i32.store (i32.const 4) (i32.const 65536))
          (br_if $done (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
          (br_if $done (i32.eqz (i32.load (i32.const 8))))
          (call $write (i32.const 8192) (i32.load (i32.const 8)))
          (br $more)))
        """;

    /// <summary>
    /// Begun from its input: saves "7" as its state and goes on for ever. Begun from a checkpoint: says what it began from and ends.
    /// Needs <see cref="StatefulData"/>.
    /// </summary>
    internal const string Stateful = """
        (local $found i32)
        (local.set $found (i32.eqz (call $open (i32.const 3) (i32.const 12288) (i32.const 11) (i32.const 0) (i64.const 2))))
        (if (local.get $found) (then
          (i32.store (i32.const 0) (i32.const 8192)) (i32.store (i32.const 4) (i32.const 100))
          (drop (call $fd_read (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 8)))
          (call $write (i32.const 12310) (i32.const 11))
          (call $write (i32.const 8192) (i32.load (i32.const 8)))
          (return)))
        (drop (call $open (i32.const 4) (i32.const 12288) (i32.const 15) (i32.const 9) (i64.const 64)))
        (i32.store (i32.const 0) (i32.const 12304)) (i32.store (i32.const 4) (i32.const 1))
        (drop (call $fd_write (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 12)))
        (drop (call $path_rename (i32.const 4) (i32.const 12288) (i32.const 15) (i32.const 4) (i32.const 12288) (i32.const 11)))
        (loop $again (br $again))
        """;

    internal const string StatefulData = """(data (i32.const 12288) ".checkpoint.new") (data (i32.const 12304) "7") (data (i32.const 12310) "began from ")""";

    /// <summary>Writes the module with that body into a folder and gives its path.</summary>
    internal static string Module(string folder, string name, string body, string data = "")
    {
        var path = Path.Combine(folder, name + ".wasm");
        File.WriteAllBytes(path, Wasmtime.Module.ConvertText($$"""
            (module {{Imports}}
              (memory (export "memory") 2) {{data}}
              (func $open (param $dir i32) (param $at i32) (param $size i32) (param $flags i32) (param $rights i64) (result i32)
                (call $path_open (local.get $dir) (i32.const 1) (local.get $at) (local.get $size) (local.get $flags) (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 16)))
              (func $write (param $at i32) (param $size i32)
                (i32.store (i32.const 0) (local.get $at)) (i32.store (i32.const 4) (local.get $size))
                (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12))))
              (func $say (param $at i32) (param $size i32)
                (i32.store (i32.const 0) (local.get $at)) (i32.store (i32.const 4) (local.get $size))
                (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 12))))
              (func (export "_start") {{body}}))
            """));
        return path;
    }
}
