			const remembered = [];
			const loadString = (addr) => {
				const saddr = getInt64(addr + 0);
				const len = getInt64(addr + 8);
				const known = remembered[saddr % 2039];
				if (known?.length === len) {
					let i = 0;
					while (i < len && this.mem.getUint8(saddr + i) === known.charCodeAt(i)) i++;
					if (i === len) {
						return known;
					}
				}
				const string = decoder.decode(new DataView(this._inst.exports.mem.buffer, saddr, len));
				if (len < 32 && string.length === len) {
					remembered[saddr % 2039] = string;
				}
				return string;
			}
