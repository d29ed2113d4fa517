# Thin lines: the logic is in make.py, which Windows users call directly (`python make.py book`).
.PHONY: book test execute serve lab bench lock clean
book test execute serve lab bench lock clean:
	@python3 make.py $@ $(ARGS)
