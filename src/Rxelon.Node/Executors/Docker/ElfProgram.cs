using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Rxelon.Node.Executors.Docker;

/// <summary>
/// Writes tiny static Linux programs (ELF-64, System V ABI, one segment): what a container starts with, since an image need not
/// hold any tool of ours and no compiler is at hand. Layout: header at 0, code at <see cref="CodeAt"/>, a table of addresses at
/// <see cref="TableAt"/>, then the data they point to; all at the fixed address <see cref="Base"/>.
/// </summary>
internal sealed class ElfProgram
{
    internal const int TableSlots = 6;
    private const ulong Base = 0x400000;
    private const int CodeAt = 0x78;
    private const int TableAt = 0x200;
    private const ushort MachineX64 = 62;
    private const ushort MachineArm64 = 183;

    private readonly MemoryStream _image = new();

    internal ElfProgram(ReadOnlySpan<byte> code)
    {
        if (code.Length > TableAt - CodeAt)
            throw new ArgumentException("The code does not fit before the table.", nameof(code));
        _image.SetLength(TableAt + (TableSlots * sizeof(ulong)));
        code.CopyTo(_image.GetBuffer().AsSpan(CodeAt));
        _image.Position = _image.Length;
    }

    /// <summary>True when this processor has code here.</summary>
    internal static bool IsSupported => RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    /// <summary>Puts an address into the table that the code finds at a fixed place.</summary>
    internal void Slot(int slot, ulong address)
        => BinaryPrimitives.WriteUInt64LittleEndian(_image.GetBuffer().AsSpan(TableAt + (slot * sizeof(ulong))), address);

    /// <summary>Adds a text with its closing zero; gives its address.</summary>
    internal ulong Text(string text) => Bytes([.. Encoding.UTF8.GetBytes(text), 0]);

    /// <summary>Adds bytes; gives their address.</summary>
    internal ulong Bytes(ReadOnlySpan<byte> bytes)
    {
        var address = Base + (ulong)_image.Position;
        _image.Write(bytes);
        return address;
    }

    /// <summary>Adds a list of texts as C has it: addresses with a zero at the end.</summary>
    internal ulong TextList(IEnumerable<string> texts)
    {
        var addresses = texts.Select(Text).Append(0ul).ToArray();
        while (_image.Position % sizeof(ulong) != 0)
            _image.WriteByte(0);
        return Bytes(MemoryMarshal.AsBytes<ulong>(addresses));
    }

    /// <summary>The finished file.</summary>
    internal byte[] ToArray()
    {
        var file = _image.ToArray();
        var header = file.AsSpan(0, CodeAt);
        ReadOnlySpan<byte> ident = [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        ident.CopyTo(header);
        U16(header, 16, 2); // executable
        U16(header, 18, RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? MachineArm64 : MachineX64);
        U32(header, 20, 1);
        U64(header, 24, Base + CodeAt); // entry
        U64(header, 32, 64); // program headers
        U16(header, 52, 64);
        U16(header, 54, 56);
        U16(header, 56, 1);
        U32(header, 64, 1); // load
        U32(header, 68, 5); // read, execute
        U64(header, 80, Base);
        U64(header, 88, Base);
        U64(header, 96, (ulong)file.Length);
        U64(header, 104, (ulong)file.Length);
        U64(header, 112, 0x10000);
        return file;
    }

    private static void U16(Span<byte> into, int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(into[at..], value);

    private static void U32(Span<byte> into, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(into[at..], value);

    private static void U64(Span<byte> into, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(into[at..], value);
}
