/** Reads one MessagePack value (https://github.com/msgpack/msgpack/blob/master/spec.md); big integers as `bigint`. */
export function readMsgpack(bytes) {
  return new Reader(bytes).value();
}

class Reader {
  #bytes;
  #at = 0;

  constructor(bytes) {
    this.#bytes = bytes;
  }

  value() {
    const type = this.#unsigned(1);
    if (type < 0x80) return type;
    if (type < 0x90) return this.#map(type & 15);
    if (type < 0xa0) return this.#list(type & 15);
    if (type < 0xc0) return this.#text(type & 31);
    if (type >= 0xe0) return type - 256;
    switch (type) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#slice(this.#unsigned(2 ** (type - 0xc4)));
      case 0xca:
        return this.#slice(4).readFloatBE();
      case 0xcb:
        return this.#slice(8).readDoubleBE();
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#unsigned(2 ** (type - 0xcc));
      case 0xcf:
        return this.#slice(8).readBigUInt64BE();
      case 0xd0:
      case 0xd1:
      case 0xd2:
        return this.#slice(2 ** (type - 0xd0)).readIntBE(0, 2 ** (type - 0xd0));
      case 0xd3:
        return this.#slice(8).readBigInt64BE();
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.#unsigned(2 ** (type - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.#list(this.#unsigned(2 ** (type - 0xdb)));
      case 0xde:
      case 0xdf:
        return this.#map(this.#unsigned(2 ** (type - 0xdd)));
      default:
        throw new Error(`Expected a MessagePack type, got 0x${type.toString(16)} at ${this.#at - 1}.`);
    }
  }

  #list(length) {
    return Array.from({ length }, () => this.value());
  }

  #map(length) {
    return Object.fromEntries(Array.from({ length }, () => [this.value(), this.value()]));
  }

  #text(length) {
    return this.#slice(length).toString('utf8');
  }

  #unsigned(length) {
    return this.#slice(length).readUIntBE(0, length);
  }

  #slice(length) {
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new Error('The MessagePack value ends early.');
    return this.#bytes.subarray(start, this.#at);
  }
}
