/// Scripts that look at the page from inside.
enum PageProbe {
    /// Texts whose contrast with what is behind them is below WCAG 2.2, 1.4.3 (AA), with the ratio.
    static let poorContrast = #"""
        (() => {
          const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
          // The browser itself turns a colour of any notation into red, green, blue and alpha.
          const channels = (color) => {
            canvas.clearRect(0, 0, 1, 1);
            canvas.fillStyle = color;
            canvas.fillRect(0, 0, 1, 1);
            const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
            return { r, g, b, a: a / 255 };
          };
          const over = (top, below) => ({
            r: top.r * top.a + below.r * (1 - top.a), g: top.g * top.a + below.g * (1 - top.a),
            b: top.b * top.a + below.b * (1 - top.a), a: 1,
          });
          const behind = (node) => {
            const layers = [];
            for (let at = node; at; at = at.parentElement) layers.push(channels(getComputedStyle(at).backgroundColor));
            return layers.reverse().reduce((below, top) => over(top, below), { r: 255, g: 255, b: 255, a: 1 });
          };
          const luminance = ({ r, g, b }) => [r, g, b].map((value) => {
            const share = value / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
          }).reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
          const poor = new Set();
          let seen = 0;
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const node = walker.currentNode.parentElement;
            if (walker.currentNode.data.trim() === "" || !node.checkVisibility() || node.closest(".unseen, noscript")) continue;
            const style = getComputedStyle(node);
            const ground = behind(node);
            const [light, dark] = [luminance(over(channels(style.color), ground)), luminance(ground)].sort((a, b) => b - a);
            const ratio = (light + 0.05) / (dark + 0.05);
            const size = parseFloat(style.fontSize);
            const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
            seen += 1;
            if (ratio < (isLarge ? 3 : 4.5)) poor.add(`${walker.currentNode.data.trim()}: ${ratio.toFixed(2)}`);
          }
          return seen < 20 ? ["only " + seen + " texts were found"] : [...poor];
        })()
        """#

    /// Elements that stand out of the screen on the right, but for those that scroll in a frame of their own.
    static let tooWide = #"""
        [...document.querySelectorAll("body *")].filter((node) => node.checkVisibility() && !node.closest(".scroll, .unseen")
          && !node.classList.contains("skip") && node.getBoundingClientRect().right > innerWidth + 1)
          .map((node) => `${node.tagName} ${node.className} ${node.textContent.slice(0, 40)}`).slice(0, 5)
        """#

    /// Words for the element that has the focus, whether the focus can be seen, and where it stands in the document.
    static let focus = #"""
        (() => {
          const node = document.activeElement;
          const all = [...document.querySelectorAll("*")];
          return { name: node.id || node.textContent.trim() || node.tagName, place: all.indexOf(node),
            seen: node.matches(":focus-visible") && getComputedStyle(node).outlineStyle !== "none" };
        })()
        """#
}
