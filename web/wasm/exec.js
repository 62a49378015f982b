			// The place of wasm_exec.js's own, which has a decoder called for each string. Most of them are short, and the same
			// again and again: names of properties and methods, always at the same place of Go's memory. So they are remembered
			// by their place, and compared.
			const remembered = [];
			const loadString = (addr) => {
				const saddr = getInt64(addr + 0);
				const len = getInt64(addr + 8);
				if (len > 32) {
					return decoder.decode(new DataView(this._inst.exports.mem.buffer, saddr, len));
				}
				const place = saddr % 2039;
				const known = remembered[place];
				if (known !== undefined && known.length === len) {
					let i = 0;
					while (i < len && this.mem.getUint8(saddr + i) === known.charCodeAt(i)) i++;
					if (i === len) {
						return known;
					}
				}
				const string = decoder.decode(new DataView(this._inst.exports.mem.buffer, saddr, len));
				if (string.length === len) { // else a byte and a character are not the same
					remembered[place] = string;
				}
				return string;
			}
