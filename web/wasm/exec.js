			const remembered = [];
			const text = (saddr, len) => {
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
			const loadString = (addr) => text(getInt64(addr + 0), getInt64(addr + 8));

			const dom = {
				setAttribute: (id, name, nameLen, value, valueLen) => this._values[id].setAttribute(text(name >>> 0, nameLen), text(value >>> 0, valueLen)),
				setNodeValue: (id, value, len) => { this._values[id].nodeValue = text(value >>> 0, len); },
				appendChild: (id, child) => { this._values[id].appendChild(this._values[child]); },
			};
